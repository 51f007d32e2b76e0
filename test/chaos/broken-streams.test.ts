import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { HELLO, type Rig, rig } from './rig.ts';
import { type ReadStream, readStream, wholeText } from './stream-reading.ts';

/** Every way a stream can end after five tokens without having finished. Each token is a write of its own, as in life. */
const BREAKS = ['cut-at-5', 'cut-clean-at-5', 'reset-at-5', 'error-event-at-5', 'stall-at-5'].map(
  (term) => `paced-20ms-${term}`,
);
/** Half an answer that pretends: `[DONE]`, but never a finish reason. */
const NO_FINISH = 'paced-20ms-no-finish';
const TIMEOUTS = 'timeouts: {stall: 4s}';

/** What the client must see of a break that nothing can mend. */
function assertToldSo(answer: ReadStream, whole: string): void {
  assert.equal(answer.status, 200);
  assert.equal(answer.errors.length, 1, 'exactly one terminal event');
  assert.equal(answer.errors[0]?.code, 'upstream_stream_interrupted');
  assert.match(answer.events.at(-1) ?? '', /^\{"error"/, 'the error comes last');
  assert.equal(answer.dones, 0, 'no [DONE]');
  assert.deepEqual(answer.finishes, [], 'no finish reason');
  assert.ok(answer.text.length > 0 && whole.startsWith(answer.text), 'what was delivered was right');
}

/** What the client must see where the break was mended or hidden: one answer, as if nothing had happened. */
function assertUnbroken(answer: ReadStream, whole: string): void {
  assert.equal(answer.status, 200);
  assert.equal(answer.text, whole);
  assert.deepEqual(answer.errors, []);
  assert.equal(answer.dones, 1);
  assert.deepEqual(answer.finishes, ['stop']);
  assert.deepEqual(answer.roles, ['assistant']);
  assert.equal(answer.ids.length, 1, 'one id');
  assert.ok(answer.ended);
}

/** What the circuit of the target whose name begins so was told. */
function healthOf({ proxy }: Rig, target: string): { failures: number; run: number } {
  const circuit = proxy.runtime.gates.circuits.snapshots().find((one) => one.name.startsWith(target));
  assert.ok(circuit);
  return { failures: circuit.failures, run: circuit.run };
}

/** Tries by target, those that began to answer included. */
function triesOf({ upstreams }: Rig): number[] {
  return upstreams.map((up) => up.requestCount);
}

for (const fault of [...BREAKS, NO_FINISH]) {
  test(`rows 32-33, onBreak error: ${fault} ends in an in-band error and no [DONE]`, async (t) => {
    const proxy = await rig(t, {
      upstreams: [{}, {}],
      config: `models: {m: {targets: [a/sim-${fault}, b/sim-ok], ${TIMEOUTS}}}`,
    });

    const answer = await readStream(proxy, { model: 'm' });

    assertToldSo(answer, await wholeText(proxy));
    const [record] = proxy.records;
    assert.equal(record?.status, 'failed');
    assert.equal(record?.failure?.class, 'stream_broken');
    assert.equal(record?.tries, 1, 'a broken stream is not asked for again');
    assert.ok((record?.usage?.completionTokens ?? 0) >= 5, 'what came is counted');
    assert.equal(record?.usage?.estimated, true);
    assert.deepEqual(healthOf(proxy, 'a/sim-p'), { failures: 1, run: 1 }, 'a break after the headers is a failure');
  });

  test(`rows 32-33, onBreak error: the official client throws at ${fault}`, async (t) => {
    const { openai } = await rig(t, { config: `models: {m: {targets: [a/sim-${fault}], ${TIMEOUTS}}}` });
    const stream = await openai.chat.completions.create({ model: 'm', messages: HELLO, stream: true });
    let tokens = 0;

    const error = await (async () => {
      for await (const chunk of stream) if (chunk.choices[0]?.delta.content) tokens++;
      assert.fail('half an answer passed for a whole one');
    })().catch((thrown: unknown) => thrown);

    assert.ok(error instanceof OpenAI.APIError);
    assert.equal(error.code, 'upstream_stream_interrupted');
    assert.ok(tokens >= 5);
  });

  test(`rows 32-33, commit complete: ${fault} is hidden, the client gets one clean answer of the next target`, async (t) => {
    const proxy = await rig(t, {
      upstreams: [{}, {}],
      config: `models: {m: {targets: [a/sim-${fault}, b/sim-ok], stream: {commit: complete}, ${TIMEOUTS}}}`,
    });

    const answer = await readStream(proxy, { model: 'm' });

    assertUnbroken(answer, await wholeText(proxy));
    assert.equal(answer.headers.get('x-breakwater-target'), 'b/sim-ok');
    assert.equal(answer.headers.get('x-breakwater-status'), 'degraded');
    assert.ok((triesOf(proxy)[0] ?? 9) <= 4, 'three tries, and the request whose text was compared');
  });

  test(`rows 32-33, onBreak resume: ${fault} is continued by a target that says it all again`, async (t) => {
    const proxy = await rig(t, { upstreams: [{}, {}], config: resuming(fault, 'b/sim-ok') });

    const answer = await readStream(proxy, { model: 'm', stream_options: { include_usage: true } });

    assertUnbroken(answer, await wholeText(proxy));
    assertResumed(proxy, answer, 32 + (proxy.upstreams[0]?.requests[0]?.tokensSent ?? 0));
    assert.deepEqual(lastMessage(proxy, 1), { role: 'user', content: 'hello' });
  });
}

for (const fault of BREAKS) {
  test(`rows 32-33, onBreak resume: ${fault} is continued by a target that takes a prefill`, async (t) => {
    const proxy = await rig(t, {
      upstreams: [{}, {}],
      config: resuming(fault, '{target: b/sim-ok, capabilities: {prefill: true}}'),
    });

    const answer = await readStream(proxy, { model: 'm', stream_options: { include_usage: true } });

    assertUnbroken(answer, await wholeText(proxy));
    assertResumed(proxy, answer, 32);
    assert.deepEqual(lastMessage(proxy, 1), { role: 'assistant', content: delivered(answer, proxy) });
  });
}

test('onBreak resume: a text that was whole but for its finish is ended by a target that takes a prefill', async (t) => {
  const proxy = await rig(t, {
    upstreams: [{}, {}],
    config: resuming(NO_FINISH, '{target: b/sim-ok, capabilities: {prefill: true}}'),
  });

  const answer = await readStream(proxy, { model: 'm' });

  // The simulator says a little more than there was.
  const whole = await wholeText(proxy);
  assert.ok(answer.text.startsWith(whole));
  assertUnbroken(answer, answer.text);
});

function resuming(fault: string, next: string): string {
  return `models: {m: {targets: [a/sim-${fault}, ${next}], stream: {onBreak: resume}, ${TIMEOUTS}}}`;
}

/** One answer from two targets: labelled, and its usage that of both. */
function assertResumed({ records, upstreams }: Rig, answer: ReadStream, completionTokens: number): void {
  const [record] = records;
  assert.equal(record?.status, 'degraded');
  assert.equal(record?.resumed, 1);
  assert.equal(record?.target, 'b/sim-ok');
  assert.equal(record?.tries, 2);
  const usage = answer.usages.at(-1);
  const prompts = Number(upstreams[0]?.requests[0]?.usage?.prompt) * 2;
  assert.equal(usage?.completion_tokens, completionTokens, 'the tokens of both targets');
  assert.ok(
    Number(usage?.prompt_tokens) >= prompts,
    `both prompts were paid for: ${usage?.prompt_tokens} >= ${prompts}`,
  );
  assert.equal(usage?.total_tokens, Number(usage?.prompt_tokens) + completionTokens);
}

function lastMessage({ upstreams }: Rig, upstream: number): unknown {
  const body = upstreams[upstream]?.requests[0]?.body;
  assert.ok(typeof body === 'object' && body !== null && 'messages' in body && Array.isArray(body.messages));
  return body.messages.at(-1);
}

/** The beginning of the answer that the broken target had sent. */
function delivered(answer: ReadStream, { upstreams }: Rig): string {
  const tokens = upstreams[0]?.requests[0]?.tokensSent ?? 0;
  return answer.events
    .slice(0, tokens + 1)
    .map((data) => (JSON.parse(data) as OpenAI.ChatCompletionChunk).choices[0]?.delta.content ?? '')
    .join('');
}

test('onBreak resume: a target that refuses the prefill is asked to say it all again', async (t) => {
  const proxy = await rig(t, {
    upstreams: [{}, {}],
    config: resuming('paced-20ms-cut-at-5', '{target: b/sim-no-prefill, capabilities: {prefill: true}}'),
  });

  const answer = await readStream(proxy, { model: 'm' });

  assertUnbroken(answer, await wholeText(proxy));
  assert.deepEqual(triesOf(proxy), [2, 2], 'a: the broken one and the comparison; b: refused, then whole');
});

test('onBreak resume: a break in the continuation is mended in its turn', async (t) => {
  const proxy = await rig(t, {
    upstreams: [{}, {}, {}],
    config: `models: {m: {targets: [a/sim-paced-20ms-cut-at-5, b/sim-paced-20ms-cut-at-9, c/sim-ok], stream: {onBreak: resume}}}`,
  });

  const answer = await readStream(proxy, { model: 'm', stream_options: { include_usage: true } });

  assertUnbroken(answer, await wholeText(proxy));
  assert.equal(proxy.records[0]?.resumed, 2);
  assert.equal(answer.usages[0]?.completion_tokens, 5 + 9 + 32);
});

test('onBreak resume: with no other target the broken one is asked again', async (t) => {
  const proxy = await rig(t, {
    config: 'models: {m: {targets: [a/sim-once-paced-20ms-cut-at-5], stream: {onBreak: resume}}}',
  });

  const answer = await readStream(proxy, { model: 'm' });

  assertUnbroken(answer, await wholeText(proxy));
  assert.equal(proxy.records[0]?.resumed, 1);
});

test('onBreak resume: a target that breaks each time at the same place is not asked for ever', async (t) => {
  const proxy = await rig(t, {
    config: 'models: {m: {targets: [a/sim-paced-20ms-cut-at-5], stream: {onBreak: resume}}}',
  });

  const answer = await readStream(proxy, { model: 'm' });

  assertToldSo(answer, await wholeText(proxy));
  assert.ok((triesOf(proxy)[0] ?? 9) <= 3, `${triesOf(proxy)[0]} requests, the comparison included`);
});

for (const other of ['other-text', 'paced-20ms-other-text']) {
  test(`onBreak resume: a text that goes another way (${other}) is never joined to what was delivered`, async (t) => {
    const proxy = await rig(t, { upstreams: [{}, {}], config: resuming('paced-20ms-cut-at-5', `b/sim-${other}`) });

    const answer = await readStream(proxy, { model: 'm' });

    assertToldSo(answer, await wholeText(proxy));
    assert.equal(proxy.upstreams[1]?.requestCount, 1, 'the other text is asked for once');
    assert.deepEqual(healthOf(proxy, 'b/'), { failures: 0, run: 0 }, 'another text is no fault of its target');
  });
}

test('onBreak resume: past a text that goes another way the next target can still continue', async (t) => {
  const proxy = await rig(t, {
    upstreams: [{}, {}, {}],
    config: `models: {m: {targets: [a/sim-paced-20ms-cut-at-5, b/sim-other-text, c/sim-ok], stream: {onBreak: resume}}}`,
  });

  const answer = await readStream(proxy, { model: 'm' });

  assertUnbroken(answer, await wholeText(proxy));
  assert.deepEqual(triesOf(proxy).slice(1), [1, 1]);
});

const TOOL = { type: 'function', function: { name: 'get_weather', parameters: { type: 'object', properties: {} } } };
const NOT_RESUMABLE = {
  tools: { tools: [TOOL] },
  'a schema': { response_format: { type: 'json_object' } },
  'two choices': { n: 2 },
};

for (const [what, fields] of Object.entries(NOT_RESUMABLE)) {
  test(`onBreak resume: with ${what} asked for, a break is an in-band error`, async (t) => {
    const proxy = await rig(t, { upstreams: [{}, {}], config: resuming('paced-20ms-cut-at-5', 'b/sim-ok') });

    const answer = await readStream(proxy, { model: 'm', ...fields });

    assert.equal(answer.errors[0]?.code, 'upstream_stream_interrupted');
    assert.equal(answer.dones, 0);
    assert.equal(proxy.upstreams[1]?.requestCount, 0);
  });
}

test('onBreak resume: a target that calls a tool in mid-sentence cannot be continued', async (t) => {
  const proxy = await rig(t, { upstreams: [{}, {}], config: resuming('paced-20ms-cut-at-5', 'b/sim-tools') });

  const answer = await readStream(proxy, { model: 'm' });

  assertToldSo(answer, await wholeText(proxy));
});

test('a break behind the finish reason takes nothing from the answer: a missing [DONE] is added', async (t) => {
  const proxy = await rig(t, { config: 'models: {m: {targets: [a/sim-no-done]}}' });

  const answer = await readStream(proxy, { model: 'm' });

  assertUnbroken(answer, await wholeText(proxy));
  assert.equal(proxy.records[0]?.status, 'ok');
});

test('a provider that does not end its stream after [DONE] holds neither the client nor a connection', async (t) => {
  const proxy = await rig(t, { config: 'models: {m: {targets: [a/sim-linger]}}' });

  const answer = await readStream(proxy, { model: 'm' });

  assertUnbroken(answer, await wholeText(proxy));
  await proxy.upstreams[0]?.idle();
});

test('commit complete: when every target breaks, the client gets a real status and nothing of an answer', async (t) => {
  const { openai } = await rig(t, {
    config: 'models: {m: {targets: [a/sim-paced-20ms-cut-at-5], stream: {commit: complete}}}',
  });

  const asked = openai.chat.completions.create({ model: 'm', messages: HELLO, stream: true });

  await assert.rejects(asked, (error) => error instanceof OpenAI.InternalServerError && error.status === 502);
});

test('commit complete: comments keep the connection alive meanwhile, and a failure after them is told in the stream', async (t) => {
  const proxy = await rig(t, {
    config:
      'models: {m: {targets: [a/sim-slow-first-token-12s-cut-at-5], retries: {max: 0}, stream: {commit: complete}}}',
  });

  const answer = await readStream(proxy, { model: 'm' });

  assert.equal(answer.status, 200);
  assert.match(answer.raw, /^: keep-alive\n\n/);
  assert.equal(answer.text, '', 'nothing of the half answer');
  assert.equal(answer.errors.length, 1);
  assert.equal(answer.dones, 0);
});

test('commit complete: behind the comments the whole answer follows', async (t) => {
  const proxy = await rig(t, {
    config: 'models: {m: {targets: [a/sim-slow-first-token-12s], stream: {commit: complete}}}',
  });

  const answer = await readStream(proxy, { model: 'm' });

  assert.match(answer.raw, /^: keep-alive\n\n/);
  assertUnbroken(answer, await wholeText(proxy));
});

test('row 33: a stall is told within the stall limit and a second', async (t) => {
  const stall = 400;
  const proxy = await rig(t, {
    speed: 1,
    config: `models: {m: {targets: [a/sim-stall-at-5], timeouts: {stall: ${stall}ms}}}`,
  });
  const stream = await proxy.openai.chat.completions.create({ model: 'm', messages: HELLO, stream: true });
  let lastToken = 0;

  await assert.rejects(
    async () => {
      for await (const _ of stream) lastToken = proxy.clock.now();
    },
    { code: 'upstream_stream_interrupted' },
  );
  const told = proxy.clock.now() - lastToken;

  assert.ok(told >= stall - 100 && told < stall + 1000, `told after ${told} ms`);
});
