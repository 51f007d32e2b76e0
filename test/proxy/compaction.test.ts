import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { get_encoding } from 'tiktoken';
import type { Clock } from '../../src/clock.ts';
import { until } from '../chaos/until.ts';
import { requestAfter, session } from '../context/compaction/growing.ts';
import { assertGroupsWhole, mean, sharedItems } from './compaction-checks.ts';
import { type CompactionRig, compactionRig, itemsOf, KEY, PRICES, type Sent } from './compaction-rig.ts';

const ROUNDS = 200;
const CAP = 40_000;
/** Ends with 185,000 tokens. */
const LONG = session(ROUNDS, 630);
/** The same work in fewer words. */
const BRIEF = session(ROUNDS, 150);
const SHORT = session(70, 630);
/** What a model whose tokenizer we do not have needs more: see `tokenFactor`. */
const FACTOR = 1.15;

/** No text to a model. */
const STRUCTURE = new Set(['role', 'type', 'model', 'id', 'signature', 'encrypted_content']);

/** Tokens of all text in what a target received, by the tokenizer itself, and four for each message. */
function tokensIn(body: unknown): number {
  const texts: string[] = [];
  JSON.stringify(body, (key, value) => {
    if (typeof value === 'string' && !STRUCTURE.has(key)) texts.push(value);
    return value;
  });
  const tokenizer = get_encoding('o200k_base');
  const tokens = tokenizer.encode_ordinary(texts.join('\n')).length;
  tokenizer.free();
  return tokens + itemsOf(body).length * 4;
}

/** Waits take no time, and are told all the same: what the simulator says of its first token is then what it was meant to be. */
function leapingClock(): Clock {
  let now = 1_000_000;
  const due = new Map<object, NodeJS.Immediate>();
  return {
    now: () => now,
    setTimeout: (callback, ms) => {
      const timer = {};
      due.set(
        timer,
        setImmediate(() => {
          now += ms;
          callback();
        }),
      );
      return timer;
    },
    clearTimeout: (timer) => clearImmediate(timer && due.get(timer)),
  };
}

/** Nano-dollars, by the upstream's own counts. */
function billOf({ tokens, cached }: Pick<Sent, 'tokens' | 'cached'>, answer: number): number {
  return 1000 * ((tokens - cached) * PRICES.input + cached * PRICES.cached + answer * PRICES.output);
}

describe('a session of 200 turns, over the wire', () => {
  for (const [dialect, all, cap, atLeast] of [
    ['messages', LONG, CAP, 180_000],
    ['chat', BRIEF, 12_000, 50_000],
    ['responses', BRIEF, 12_000, 50_000],
  ] as const) {
    it(`${dialect}, ${atLeast} tokens: within the cap, groups whole, prefixes kept, cost and first token flat`, async (t) => {
      const r = await compactionRig(t, {
        agent: `context: {maxInputTokens: ${cap}, keepTurns: 6, summarizer: small}`,
        model: 'sim-prompt-cache-prefill-50ms-x20',
        simulator: { clock: leapingClock() },
      });
      const costs: number[] = [];
      const firstTokens: number[] = [];
      let [cuts, last, before]: [number, string | undefined, unknown] = [0, undefined, undefined];
      let [largest, whole]: [Sent | undefined, number] = [undefined, 0];
      for (let round = 1; round <= ROUNDS; round++) {
        const request = requestAfter(dialect, all, round);
        const reply = await r.ask(dialect, request);
        assert.equal(reply.status, 200, reply.text);
        const sent = r.sent.at(-1);
        assert.ok(sent !== undefined && r.sent.length === round);
        if (sent.tokens > (largest?.tokens ?? 0)) largest = sent;
        assertGroupsWhole(sent.body);
        const turns = /^turns=(\d+);/.exec(reply.compacted ?? '')?.[1];
        if (turns === last) {
          // All of the request before is there again, at its place: what a provider cached of it is good. After an answer without
          // calls the generator asks a question of its own, which no later request has.
          const own = round > 1 && round % 25 === 1 ? 1 : 0;
          assert.equal(sharedItems(before, sent.body), itemsOf(before).length - own, `round ${round}`);
        } else cuts++;
        if (reply.compacted !== null) whole = Number(/tokens=(\d+)->/.exec(reply.compacted)?.[1]);
        [last, before] = [turns, sent.body];
        costs.push(billOf(sent, 20));
        firstTokens.push(sent.firstByteMs);
        // A summary is made while the agent works: here it does so for as long as that takes.
        await r.proxy.runtime.compactor?.summaries.idle();
      }
      assert.ok(whole > atLeast, `the client's conversation has ${whole} tokens in the end`);
      assert.ok(cuts >= 5 && cuts <= 14, `${cuts} cuts`);
      const most = Math.ceil(tokensIn(largest?.body) * FACTOR);
      assert.ok(most > cap * 0.9 && most <= cap, `the most that was sent: ${most} tokens`);

      const summaryBill = r.summaries.reduce((sum, { usage }) => {
        const { prompt = 0, completion = 0 } = usage ?? {};
        return sum + 1000 * (prompt * PRICES.summarizer.input + completion * PRICES.summarizer.output);
      }, 0);
      const report = `cost a turn ${[60, 110, 150].map((at) => mean(costs.slice(at, at + 50)) / 1e9)}, first token ${[60, 110, 150].map((at) => mean(firstTokens.slice(at, at + 50)))} ms, summaries ${r.summaries.length}: $${summaryBill / 1e9}`;
      assert.ok(mean(costs.slice(150)) < mean(costs.slice(50, 100)) * 1.15, report);
      assert.ok(mean(firstTokens.slice(150)) < mean(firstTokens.slice(50, 100)) * 1.15, report);
      assert.ok(summaryBill < costs.reduce((sum, one) => sum + one, 0) * 0.15, report);
      if (process.env.SHOW) console.log(dialect, report);

      // What the tenant is charged is what the upstream would bill, to the nano-dollar.
      const ledger = await r.ledger();
      const charged = ledger.reduce((sum, { cost }) => sum + cost, 0);
      assert.equal(charged, Math.round(costs.reduce((sum, one) => sum + one, 0) + summaryBill));
      const summaryLines = ledger.filter(({ endpoint }) => endpoint === 'context');
      assert.equal(summaryLines.length, r.summaries.length);
      assert.ok(summaryLines.every(({ agent, tenant }) => agent === 'coder' && tenant === 'acme'));
    });
  }
});

describe('a conversation of 185,000 tokens that nobody has seen before', () => {
  it('is served within the cap, once its summary is made', async (t) => {
    const r = await compactionRig(t);
    const reply = await r.ask('chat', requestAfter('chat', LONG, ROUNDS));
    assert.equal(reply.status, 200, reply.text);
    assert.match(reply.compacted ?? '', /^turns=\d+;tokens=1\d{5}->\d{5}$/);
    const tokens = tokensIn(r.sent[0]?.body) * FACTOR;
    assert.ok(tokens > CAP / 4 && tokens <= CAP, String(tokens));
    assertGroupsWhole(r.sent[0]?.body);
    assert.equal(r.records.at(-1)?.compacted, reply.compacted);
  });

  it('fits a budget that all of it would not', async (t) => {
    const budget = 'budget: {limit: $0.30, per: day}';
    const context = 'context: {maxInputTokens: 40k, summarizer: small}';
    const request = { ...requestAfter('chat', LONG, ROUNDS), max_tokens: 100 };
    const whole = await compactionRig(t, { agent: budget });
    assert.equal((await whole.ask('chat', request)).status, 429);
    const short = await compactionRig(t, { agent: `${budget}, ${context}` });
    const reply = await short.ask('chat', request);
    assert.equal(reply.status, 200, reply.text);
    const counters = (await short.proxy.runtime.tenancy?.budgets.counters('acme', 10)) ?? [];
    assert.ok(counters.every(({ held }) => held === 0));
  });
});

describe('the original is passed', () => {
  const rounds = 60;
  const passed = async (r: CompactionRig) => {
    const request = requestAfter('messages', SHORT, rounds);
    const reply = await r.ask('messages', request);
    assert.equal(reply.status, 200, reply.text);
    assert.equal(reply.compacted, null);
    assert.deepEqual(itemsOf(r.sent.at(-1)?.body), JSON.parse(JSON.stringify(itemsOf(request))));
    return reply;
  };
  const told = (r: CompactionRig) => r.events.filter(({ msg }) => /could not be summarized/.test(String(msg)));

  for (const summarizer of ['sim-500@small', 'sim-null-content@small', 'sim-cut@small', 'sim-refusal@small']) {
    it(`where the summarizer answers with ${summarizer}`, async (t) => {
      const r = await compactionRig(t, { summarizer });
      await passed(r);
      assert.equal(told(r).length, 1);
      assert.match(await r.proxy.runtime.telemetry.metrics.text(), /context_requests_total{result="unsummarized"} 1\b/);
    });
  }

  it('where the summary is late; and what is still made then ends with the proxy', async (t) => {
    const r = await compactionRig(t, {
      summarizer: 'sim-silent@small',
      agent: 'context: {maxInputTokens: 40k, summarizer: small, wait: 50ms}',
    });
    await passed(r);
    await until('the summarizer is asked', () => r.simulator.openRequests === 1);
    assert.equal(r.proxy.runtime.compactor?.summaries.making, 1);
    const closing = performance.now();
    await r.proxy.close();
    // By itself it would have gone on for a minute.
    assert.ok(performance.now() - closing < 30_000);
    assert.equal(r.proxy.runtime.compactor?.summaries.making, 0);
    await r.simulator.idle();
    assert.equal(r.summaries.length, 1);
  });

  it('where no budget is left for a summary', async (t) => {
    const r = await compactionRig(t, {
      agent: 'budget: {limit: $1, per: day}, context: {maxInputTokens: 40k, summarizer: dear}',
      more: '',
      model: 'sim-x20',
      models: '  dear: {targets: [{target: "a/sim-dear", price: {input: $100/M, output: $100/M}}]}',
    });
    await passed(r);
    assert.equal(r.summaries.length, 0);
    assert.match(
      await r.proxy.runtime.telemetry.metrics.text(),
      /context_summaries_total{result="unaffordable"} [1-9]/,
    );
    assert.match(String(told(r)[0]?.reason), /no budget is left/);
    const counters = (await r.proxy.runtime.tenancy?.budgets.counters('acme', 10)) ?? [];
    assert.ok(counters.every(({ held }) => held === 0));
  });

  it('where the client keeps its past with the provider', async (t) => {
    const r = await compactionRig(t);
    const request = { ...requestAfter('responses', SHORT, rounds), previous_response_id: 'resp_1' };
    assert.equal((await r.ask('responses', request)).compacted, null);
    assert.equal(r.summaries.length, 0);
  });

  it('to count_tokens, and for agents that do not want it', async (t) => {
    const r = await compactionRig(t, { provider: 'speaks: [chat, messages, count-tokens]' });
    const other = await r.ask('chat', requestAfter('chat', SHORT, 70), { 'x-breakwater-agent': 'clerk' });
    assert.equal(other.compacted, null);
    assert.equal(itemsOf(r.sent[0]?.body).length, itemsOf(requestAfter('chat', SHORT, 70)).length);
    const counted = await fetch(`${r.proxy.url}/v1/messages/count_tokens`, {
      method: 'POST',
      headers: { 'x-api-key': KEY, 'x-breakwater-agent': 'coder', 'content-type': 'application/json' },
      body: JSON.stringify({ ...requestAfter('messages', SHORT, 70), model: 'smart' }),
    });
    const tokens = Object(await counted.json()).input_tokens;
    assert.ok(tokens > CAP, `${tokens} tokens`);
    assert.equal(r.summaries.length, 0);
  });
});

it('a target that speaks another dialect gets the shorter conversation, too', async (t) => {
  const r = await compactionRig(t, { provider: 'speaks: [chat]' });
  const request = requestAfter('messages', SHORT, 60);
  const reply = await r.ask('messages', request);
  assert.equal(reply.status, 200, reply.text);
  assert.notEqual(reply.compacted, null);
  assert.ok(assertGroupsWhole(r.sent[0]?.body) > 4);
  const [, first] = itemsOf(r.sent[0]?.body);
  assert.match(JSON.stringify(first), /<conversation-summary/);
  assert.ok(itemsOf(r.sent[0]?.body).length < itemsOf(request).length);
});

it('a fallback gets what the first target got', async (t) => {
  const r = await compactionRig(t, {
    models: '  chain: {targets: [a/sim-503@first, a/sim-prompt-cache], retries: {max: 0}}',
  });
  const bodies: unknown[] = [];
  const reply = await r.ask('chat', requestAfter('chat', SHORT, 60), {}, 'chain');
  for (const { body, model } of r.simulator.requests) if (!model.includes('small')) bodies.push(itemsOf(body));
  assert.equal(reply.status, 200, reply.text);
  assert.equal(bodies.length, 2);
  assert.deepEqual(bodies[0], bodies[1]);
  assert.match(reply.compacted ?? '', /^turns=/);
});

it('a broken stream is mended from the shorter conversation', async (t) => {
  const r = await compactionRig(t, {
    models:
      '  mended: {targets: [a/sim-cut-at-4@first, a/sim-prompt-cache], retries: {max: 0}, stream: {onBreak: resume}}',
  });
  const { tools: _, ...request } = { tools: [], ...requestAfter('chat', SHORT, 60) };
  const reply = await r.ask('chat', { ...request, stream: true }, {}, 'mended');
  assert.match(reply.text, /\[DONE\]/);
  assert.match(reply.compacted ?? '', /^turns=/);
  const bodies = r.simulator.requests.filter(({ model }) => !model.includes('small')).map(({ body }) => itemsOf(body));
  assert.equal(bodies.length, 2);
  assert.deepEqual(bodies[1]?.slice(0, bodies[0]?.length), bodies[0]);
  assert.equal(r.records.at(-1)?.resumed, 1);
});

it('a client that is in a hurry waits for a summary no longer than half of its time', async (t) => {
  const r = await compactionRig(t, { summarizer: 'sim-silent@small' });
  const reply = await r.ask('chat', requestAfter('chat', SHORT, 60), { 'x-breakwater-timeout': '6' });
  assert.equal(reply.status, 200, reply.text);
  assert.equal(reply.compacted, null);
});

it('a client that leaves while its summary is made is waited for no longer, and nothing is sent for it', async (t) => {
  const r = await compactionRig(t, { summarizer: 'sim-silent@small' });
  const leaving = new AbortController();
  const asked = fetch(`${r.proxy.url}/v1/chat/completions`, {
    method: 'POST',
    signal: leaving.signal,
    headers: { authorization: `Bearer ${KEY}`, 'x-breakwater-agent': 'coder', 'content-type': 'application/json' },
    body: JSON.stringify({ ...requestAfter('chat', SHORT, 60), model: 'smart' }),
  });
  await until('the summarizer is asked', () => r.simulator.openRequests === 1);
  leaving.abort();
  await assert.rejects(asked, { name: 'AbortError' });
  await until('the request is settled', () => r.records.length === 1);
  assert.equal(r.records[0]?.status, 'cancelled');
  assert.equal(r.sent.length, 0);
  assert.equal(r.proxy.runtime.compactor?.summaries.making, 1);
});

describe('beside the exact cache', () => {
  const more = 'cache: {exact: on}';
  const request = { ...requestAfter('chat', SHORT, 60), temperature: 0 };

  it('an answer to a shortened conversation is not kept for the whole one', async (t) => {
    const r = await compactionRig(t, { more });
    assert.notEqual((await r.ask('chat', request)).compacted, null);
    const again = await r.ask('chat', request);
    assert.equal(again.headers.get('x-breakwater-cache'), 'miss');
    assert.equal(r.sent.length, 2);
  });

  it('a kept answer is given without a summary', async (t) => {
    const r = await compactionRig(t, { more });
    await r.ask('chat', request, { 'x-breakwater-agent': 'clerk' });
    const hit = await r.ask('chat', request);
    assert.match(hit.headers.get('x-breakwater-cache') ?? '', /^exact/);
    assert.equal(hit.compacted, null);
    assert.equal(r.summaries.length, 0);
  });
});

it('nothing is opened where no agent wants it', async (t) => {
  const r = await compactionRig(t, { agent: '' });
  assert.equal(r.proxy.runtime.compactor, undefined);
  assert.equal(r.proxy.runtime.tenancy?.counter.running, false);
});
