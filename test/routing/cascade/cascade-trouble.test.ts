import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { QUESTION } from '../../cache/rig.ts';
import { until } from '../../chaos/until.ts';
import { attemptsIn, CHEAP, cascadeRig, DEAR } from './cascade-rig.ts';

const ASK = { model: 'auto', messages: QUESTION };
const SCHEMA = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const TOOLS = { tools: [{ type: 'function', function: { name: 'look_up', parameters: SCHEMA } }] };
const CHEAP_COST = 0.00002;

describe('where the strong model fails', () => {
  it('the client gets its failure, and never the cheap answer', async (t) => {
    const r = await cascadeRig(t, { cheap: 'sim-refusal', strong: 'sim-500', strongMore: ', retries: {max: 0}' });
    const told = await r.tell(ASK);
    assert.equal(told.status, 502);
    assert.equal(told.breakwater, 'failed');
    assert.equal(told.cascade, 'escalated:refused');
    assert.doesNotMatch(told.text, /I'm sorry/);
    assert.deepEqual(
      attemptsIn(told.text)
        .map(({ target, outcome, code }) => [target, outcome, code])
        .slice(0, 1),
      [['a/sim-refusal', 'doubted', 'refused']],
    );
    assert.equal(r.records[0]?.failure?.class, 'server_error');
  });

  it('its own fallback is asked, and labelled', async (t) => {
    const r = await cascadeRig(t, {
      cheap: 'sim-refusal',
      models: `
  small: {targets: [{target: a/sim-refusal, ${CHEAP}}]}
  large: {targets: [{target: b/sim-500, ${DEAR}}, {target: b/sim-ok, ${DEAR}}], retries: {max: 0}}
  auto: {route: by-task}
`,
    });
    const told = await r.tell(ASK);
    assert.equal(told.status, 200);
    assert.equal(told.breakwater, 'degraded');
    assert.equal(told.target, 'b/sim-ok');
  });

  it('its static text stands in, and is labelled', async (t) => {
    const r = await cascadeRig(t, {
      cheap: 'sim-refusal',
      strong: 'sim-500',
      strongMore: ', retries: {max: 0}, fallback: {static: "Come back later."}',
    });
    const told = await r.tell(ASK);
    assert.equal(told.breakwater, 'degraded');
    assert.match(told.text, /Come back later/);
  });
});

describe('where the cheap model fails', () => {
  for (const [what, cheap] of Object.entries({
    'a server error': 'sim-500',
    'a wrong request': 'sim-400',
    'a filter': 'sim-azure-content-filter',
    'an answer with nothing in it': 'sim-empty-choices',
    'a lost connection': 'sim-hang-up',
  })) {
    it(`the strong one is asked as if nothing had been tried: ${what}`, async (t) => {
      const r = await cascadeRig(t, { cheap, cheapMore: ', retries: {max: 0}' });
      const told = await r.tell(ASK);
      assert.equal(told.status, 200);
      assert.equal(told.cascade, 'escalated:failed');
      assert.equal(told.breakwater, 'ok');
      assert.deepEqual(r.asked, [1, 1]);
    });
  }

  it('its own fallback is tried first, and its answer labelled', async (t) => {
    const r = await cascadeRig(t, {
      cheap: 'sim-500',
      models: `
  small: {targets: [{target: a/sim-500, ${CHEAP}}, {target: a/sim-ok, ${CHEAP}}], retries: {max: 0}}
  large: {targets: [{target: b/sim-ok, ${DEAR}}]}
  auto: {route: by-task}
`,
    });
    const told = await r.tell(ASK);
    assert.equal(told.cascade, 'kept');
    assert.equal(told.target, 'a/sim-ok');
    assert.equal(told.breakwater, 'degraded');
  });

  it('too slow, it is left after its time for a first token, and the strong one asked', async (t) => {
    const r = await cascadeRig(t, { cheap: 'sim-silent', cheapMore: ', timeouts: {firstToken: 2s}' });
    const told = await r.tell(ASK);
    assert.equal(told.status, 200);
    assert.equal(told.cascade, 'escalated:failed');
    assert.equal(told.target, 'b/sim-usage-100-10');
  });
});

describe('the time of a request', () => {
  it('is not used up by the cheap model', async (t) => {
    const r = await cascadeRig(t, { cheap: 'sim-silent', cheapMore: ', timeouts: {firstToken: 60s}' });
    const told = await r.tell(ASK, { headers: { 'x-breakwater-timeout': '100' } });
    assert.equal(told.status, 200);
    assert.equal(told.cascade, 'escalated:failed');
  });

  it('is what the strong model may take', async (t) => {
    const r = await cascadeRig(t, {
      cheap: 'sim-refusal',
      cheapMore: ', timeouts: {total: 10s}',
      strong: 'sim-slow-headers-15s',
    });
    assert.equal((await r.tell(ASK)).status, 200);
  });
});

describe('a cascade that cannot be', () => {
  it('is off where a price is not known', async (t) => {
    const r = await cascadeRig(t, {
      cheap: 'sim-ok',
      models: `
  small: {targets: [a/sim-ok]}
  large: {targets: [{target: b/sim-ok, ${DEAR}}]}
  auto: {route: by-task}
`,
    });
    assert.equal((await r.tell(ASK)).cascade, 'off:price-unknown');
    assert.deepEqual(r.asked, [1, 0], 'the policy is followed as it is written');
  });

  it('is off where the cheap model is as dear', async (t) => {
    const r = await cascadeRig(t, {
      cheap: 'sim-ok',
      models: `
  small: {targets: [{target: a/sim-ok, ${DEAR}}]}
  large: {targets: [{target: b/sim-ok, ${DEAR}}]}
  auto: {route: by-task}
`,
    });
    assert.equal((await r.tell(ASK)).cascade, 'off:does-not-pay');
    assert.deepEqual(r.asked, [0, 1]);
  });

  it('turns itself off where its answers are not taken, and says why', async (t) => {
    const r = await cascadeRig(t, {
      cheap: 'sim-refusal',
      models: `
  small: {targets: [{target: a/sim-refusal, price: {input: "$0.5/M", output: "$5/M"}}]}
  large: {targets: [{target: b/sim-ok, ${DEAR}}]}
  auto: {route: by-task}
`,
    });
    const routes: (string | undefined)[] = [];
    for (let at = 0; at < 20; at++) routes.push((await r.tell(ASK)).cascade);
    const [cheap, strong] = r.asked;
    assert.equal(strong, 20);
    assert.ok(cheap < 10, `${cheap} of 20 were tried`);
    assert.equal(routes.at(-1), 'off:does-not-pay');
    assert.match((await r.tell(ASK)).route ?? '', /;model=large;/, 'the decision says who serves');
    const notices = r.events.filter(({ msg }) => String(msg).includes('does not pay'));
    assert.equal(notices.length, 1);
    assert.match(
      String(notices[0]?.msg),
      /asking small before large for \S+ does not pay: price ratio 0\.50, escalated \d\d%/,
    );
  });

  it('leaves models that were asked for by name alone', async (t) => {
    const r = await cascadeRig(t, { cheap: 'sim-refusal' });
    const told = await r.tell({ ...ASK, model: 'small' });
    assert.equal(told.route, null);
    assert.equal(told.target, 'a/sim-refusal');
  });
});

describe('an agent in a tool loop', () => {
  const call = {
    role: 'assistant',
    content: null,
    tool_calls: [{ id: 'c1', type: 'function', function: { name: 'look_up', arguments: '{"city":"Oslo"}' } }],
  };
  const result = { role: 'tool', tool_call_id: 'c1', content: 'cold' };

  it('stays with the strong model once it had to be asked', async (t) => {
    const r = await cascadeRig(t, { cheap: 'sim-bad-tool-args', strong: 'sim-tools' });
    assert.equal((await r.tell({ ...ASK, ...TOOLS })).cascade, 'escalated:tool-arguments');
    const next = await r.tell({ ...ASK, ...TOOLS, messages: [...QUESTION, call, result] });
    assert.equal(next.target, 'b/sim-tools');
    assert.equal(next.cascade, undefined);
    assert.deepEqual(r.asked, [1, 2]);
  });

  it('stays with the cheap one while its answers are taken', async (t) => {
    const r = await cascadeRig(t, { cheap: 'sim-tools' });
    assert.equal((await r.tell({ ...ASK, ...TOOLS })).cascade, 'kept');
    const next = await r.tell({ ...ASK, ...TOOLS, messages: [...QUESTION, call, result] });
    assert.equal(next.cascade, 'kept');
    assert.deepEqual(r.asked, [2, 0]);
  });
});

describe('a client that leaves', () => {
  const LEAVE = { cheapMore: ', timeouts: {firstToken: 60s}' };

  it('while the cheap model is asked leaves nothing behind, and the strong one is not asked', async (t) => {
    const r = await cascadeRig(t, { cheap: 'sim-slow-headers-30s', ...LEAVE });
    await leave(r, () => r.asked[0] === 1);
    assert.deepEqual(r.asked, [1, 0]);
    assert.equal(r.records[0]?.status, 'cancelled');
    assert.equal(r.records[0]?.attempts.length, 1);
  });

  it('while the cheap stream is held leaves nothing behind', async (t) => {
    const r = await cascadeRig(t, { cheap: 'sim-slow-tokens-5s-x20', ...LEAVE });
    await leave(r, () => r.asked[0] === 1, { ...ASK, ...TOOLS, stream: true });
    assert.deepEqual(r.asked, [1, 0]);
  });

  it('while the strong one is asked leaves nothing behind, and owes the cheap answer', async (t) => {
    const r = await cascadeRig(t, { cheap: 'sim-usage-100-10-refusal', strong: 'sim-slow-headers-30s' });
    await leave(r, () => r.asked[1] === 1);
    assert.deepEqual(r.asked, [1, 1]);
    assert.equal(r.records[0]?.status, 'cancelled');
    assert.ok((r.records[0]?.costUsd ?? 0) >= CHEAP_COST);
  });

  async function leave(r: Awaited<ReturnType<typeof cascadeRig>>, when: () => boolean, body: object = ASK) {
    const controller = new AbortController();
    const asked = r.tell(body, { signal: controller.signal });
    await until('the upstream was asked', when);
    controller.abort();
    await assert.rejects(asked);
    await until('the exchange was settled', () => r.records.length > 0);
  }
});
