import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cancellation } from '../../src/cancellation.ts';
import { systemClock } from '../../src/clock.ts';
import { parseConfig } from '../../src/config/load.ts';
import { type Failure, UpstreamFailure } from '../../src/failures/failure.ts';
import { isOwnFault } from '../../src/failures/network.ts';
import { StreamAttempt } from '../../src/providers/stream-attempt.ts';
import { Transport } from '../../src/providers/transport.ts';
import { progressOf } from '../../src/providers/wire.ts';
import type { Exchange } from '../../src/proxy/exchange.ts';
import { outcomeOf } from '../../src/proxy/rung-loop.ts';
import { chatChunk, DONE, event, httpChunk, LAST_CHUNK, rawUpstream, streamOf } from './raw-upstream.ts';
import { rig } from './rig.ts';
import { readAll, readStream } from './stream-reading.ts';

const text = (index: number, words: string, finish: string | null = null) =>
  event({ object: 'text_completion', choices: [{ index, text: words, finish_reason: finish }] });

/** Streams that break off behind something that looks like a finish, and what they do not say. */
const HALF = {
  'a finish with every word': [chatChunk('Half ', 'stop'), chatChunk('of ', 'stop')],
  'the word null for a finish': [chatChunk('Half ', 'null'), chatChunk('of ', 'null')],
  'the finish of a choice that nobody asked for': [chatChunk('Half of '), chatChunk('', 'stop', 1)],
  'a finish, and more behind it': [chatChunk('Half '), chatChunk('', 'stop'), chatChunk('of ')],
};

for (const [what, events] of Object.entries(HALF)) {
  for (const end of ['ends', 'is cut']) {
    test(`${what}: a stream that ${end} then is not shown as whole`, async (t) => {
      const up = await rawUpstream(t, (socket) => {
        for (const [index, one] of events.entries()) socket.write(index === 0 ? streamOf(one) : httpChunk(one));
        if (end === 'ends') socket.write(LAST_CHUNK);
        else setImmediate(() => socket.destroy());
      });
      const it = await rig(t, {
        upstreams: [],
        providers: `providers: {a: {baseUrl: "${up.baseUrl}", apiKey: k}}`,
        config: 'models: {m: {targets: [a/x]}}',
      });

      const stream = await readStream(it, { model: 'm' });

      assert.equal(stream.dones, 0);
      assert.deepEqual(
        stream.errors.map(({ code }) => code),
        ['upstream_stream_interrupted'],
      );
      assert.equal(it.records[0]?.status, 'failed');
    });
  }
}

test('a server that writes a finish with every word is believed when it says [DONE]', async (t) => {
  const up = await rawUpstream(t, (socket) => {
    socket.write(streamOf(chatChunk('All ', 'stop'), chatChunk('of it', 'stop'), DONE) + LAST_CHUNK);
  });
  const it = await rig(t, {
    upstreams: [],
    providers: `providers: {a: {baseUrl: "${up.baseUrl}", apiKey: k}}`,
    config: 'models: {m: {targets: [a/x]}}',
  });

  const stream = await readStream(it, { model: 'm' });

  assert.deepEqual([stream.text, stream.dones, stream.errors], ['All of it', 1, []]);
});

/** Two prompts, or one that is given as tokens. */
const PROMPTS = [
  { prompt: ['one', 'two'], whole: false },
  { prompt: [[1, 2], [3]], whole: false },
  { prompt: [1, 2, 3], whole: true },
  { prompt: ['one'], whole: true },
];

for (const { prompt, whole } of PROMPTS) {
  test(`of the old completions for ${JSON.stringify(prompt)}, one finished choice is ${whole ? 'all' : 'not all'}`, async (t) => {
    const up = await rawUpstream(t, (socket) => {
      socket.write(streamOf(text(0, 'first'), text(0, '', 'stop')) + LAST_CHUNK);
    });
    const it = await rig(t, {
      upstreams: [],
      providers: `providers: {a: {baseUrl: "${up.baseUrl}", apiKey: k}}`,
      config: 'models: {m: {targets: [a/x]}}',
    });

    const response = await fetch(`${it.proxy.url}/v1/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'm', prompt, stream: true }),
    });
    const stream = await readAll(response);

    assert.equal(stream.dones, whole ? 1 : 0);
    assert.equal(stream.errors.length, whole ? 0 : 1);
  });
}

/** What may follow a continuation's first words in the same piece of TCP, and makes it none. */
const SPOILED = {
  'an error': event({ error: { message: 'overloaded', type: 'server_error' } }),
  'a [DONE] without a finish': DONE,
  'a call of a tool': event({
    choices: [{ index: 0, delta: { tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: '' } }] } }],
  }),
};

for (const [what, spoiler] of Object.entries(SPOILED)) {
  for (const prefill of [true, false]) {
    test(`onBreak resume: words of a continuation that ${what} spoils before they are given out are asked for again (prefill ${prefill})`, async (t) => {
      const begin = prefill ? '' : 'One two ';
      const a = await rawUpstream(t, (socket) => {
        socket.write(streamOf(chatChunk('One '), chatChunk('two ')));
        setImmediate(() => socket.destroy());
      });
      const b = await rawUpstream(t, (socket) => socket.write(streamOf(chatChunk(`${begin}three `), spoiler)));
      const c = await rawUpstream(t, (socket, request) => {
        const { messages } = JSON.parse(request.slice(request.indexOf('\r\n\r\n'))) as {
          messages: { role: string; content: string }[];
        };
        const last = messages.at(-1);
        const told = last?.role === 'assistant' ? last.content : '';
        const rest = 'One two three four.'.slice(told.length);
        socket.write(streamOf(chatChunk(rest), chatChunk('', 'stop'), DONE) + LAST_CHUNK);
      });
      const target = (name: string) => `{target: ${name}/x, capabilities: {prefill: ${prefill}}}`;
      const it = await rig(t, {
        upstreams: [],
        providers: `providers:\n${Object.entries({ a, b, c })
          .map(([name, up]) => `  ${name}: {baseUrl: "${up.baseUrl}", apiKey: k}\n`)
          .join('')}`,
        config: `models: {m: {targets: [${['a', 'b', 'c'].map(target).join(', ')}], stream: {onBreak: resume}}}`,
      });

      const stream = await readStream(it, { model: 'm' });

      assert.deepEqual(stream.errors, []);
      assert.equal(stream.text, 'One two three four.');
      assert.equal(stream.dones, 1);
    });
  }
}

for (const rest of ['Something else.', 'One two', 'One tw']) {
  test(`onBreak resume: a text that goes another way ("${rest}"), all in one piece, is no end of what was delivered`, async (t) => {
    const a = await rawUpstream(t, (socket) => {
      socket.write(streamOf(chatChunk('One '), chatChunk('two, ')));
      setImmediate(() => socket.destroy());
    });
    const b = await rawUpstream(t, (socket) => {
      socket.write(streamOf(chatChunk(rest), chatChunk('', 'stop'), DONE) + LAST_CHUNK);
    });
    const it = await rig(t, {
      upstreams: [],
      providers: `providers: {a: {baseUrl: "${a.baseUrl}", apiKey: k}, b: {baseUrl: "${b.baseUrl}", apiKey: k}}`,
      config: 'models: {m: {targets: [a/x, b/x], stream: {onBreak: resume}}}',
    });

    const stream = await readStream(it, { model: 'm' });

    assert.deepEqual([stream.text, stream.dones, stream.errors.length], ['One two, ', 0, 1]);
    assert.equal(it.records[0]?.status, 'failed');
  });
}

const QUOTA = JSON.stringify({ error: { message: 'You exceeded your quota.', type: 'insufficient_quota' } }, null, 2);

for (const tail of ['', '\n']) {
  test(`an error that comes bare where a stream was announced is what it says it is (${JSON.stringify(tail)} behind it)`, async (t) => {
    const up = await rawUpstream(t, (socket) => socket.write(streamOf(QUOTA + tail) + LAST_CHUNK));
    const it = await rig(t, {
      upstreams: [],
      providers: `providers: {a: {baseUrl: "${up.baseUrl}", apiKey: k}}`,
      config: 'models: {m: {targets: [a/x]}}',
    });

    const answer = await readStream(it, { model: 'm' });

    assert.equal(answer.status, 429);
    assert.deepEqual(
      it.records[0]?.attempts.map((one) => one.outcome),
      ['quota_exhausted'],
    );
  });
}

test('onBreak resume: a client that began the turn itself has it continued, with what was delivered, as one', async (t) => {
  const a = await rawUpstream(t, (socket) => {
    socket.write(streamOf(chatChunk('time '), chatChunk('there ')));
    setImmediate(() => socket.destroy());
  });
  const b = await rawUpstream(t, (socket) => {
    socket.write(streamOf(chatChunk('was'), chatChunk('', 'stop'), DONE) + LAST_CHUNK);
  });
  const it = await rig(t, {
    upstreams: [],
    providers: `providers: {a: {baseUrl: "${a.baseUrl}", apiKey: k}, b: {baseUrl: "${b.baseUrl}", apiKey: k}}`,
    config: `models: {m: {targets: [${['a', 'b'].map((name) => `{target: ${name}/x, capabilities: {prefill: true}}`).join(', ')}], stream: {onBreak: resume}}}`,
  });
  const asked = { role: 'user', content: 'a story' };

  const stream = await readStream(it, {
    model: 'm',
    messages: [asked, { role: 'assistant', content: 'Once upon a ' }],
  });

  assert.equal(stream.text, 'time there was');
  const sent = b.requests.map((request) => JSON.parse(request.slice(request.indexOf('\r\n\r\n'))) as object);
  assert.deepEqual(
    sent.map((body) => 'messages' in body && body.messages),
    [[asked, { role: 'assistant', content: 'Once upon a time there ' }]],
  );
});

test('a fault of this proxy while it reads a stream is logged with its reason, and is no failure of the target', async (t) => {
  const up = await rawUpstream(t, (socket) =>
    socket.write(streamOf(chatChunk('a'), chatChunk('', 'stop'), DONE) + LAST_CHUNK),
  );
  const defects: unknown[] = [];
  const transport = new Transport((error) => defects.push(error));
  t.after(() => transport.close());
  const config = parseConfig('x.yaml', `providers: {a: {baseUrl: "${up.baseUrl}", apiKey: k}}`, {});
  const provider = config.providers.get('a');
  assert.ok(provider !== undefined);
  const limit = 10_000;
  const attempt = new StreamAttempt(
    {
      wire: 'chat',
      provider,
      path: '/v1/chat/completions',
      headers: [],
      newSocket: false,
      body: Buffer.from('{}'),
      timers: { connect: limit, firstToken: limit, stall: limit, deadlineAt: Number.POSITIVE_INFINITY },
      limits: config.limits,
      cancellation: new Cancellation(),
      commit: 'first-delta',
      progress: progressOf('chat', { choices: 1, dropUsage: false }),
      tap: {
        onEvent: () => {
          throw new RangeError('Maximum call stack size exceeded');
        },
      },
      onBegun: () => undefined,
    },
    transport,
    systemClock,
  );

  await assert.rejects(attempt.run(), (error) => error instanceof UpstreamFailure && isOwnFault(error.failure));

  assert.match(String(defects), /RangeError: Maximum call stack/);
  const exchange = { cancellation: new Cancellation(), chain: { model: { timeouts: { firstToken: limit } } } };
  const failure = { class: 'server_error', origin: 'proxy', code: 'internal_error', message: '', maybeBilled: true };
  assert.equal(outcomeOf(failure as Failure, 1, exchange as Exchange), 'neutral');
  assert.equal(outcomeOf({ ...failure, origin: 'upstream' } as Failure, 1, exchange as Exchange), 'failure');
});
