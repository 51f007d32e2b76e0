import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { QUESTION } from '../../cache/rig.ts';
import { type CascadeRig, CHEAP, cascadeRig, DEAR } from './cascade-rig.ts';

const KEY = 'bw_acme_key_0123456789abcdef';
const HEADERS = { authorization: `Bearer ${KEY}` };
const ASK = { model: 'auto', max_tokens: 10, messages: QUESTION };
/** Nano-dollars of 100 tokens in and 10 out. */
const STRONG = 200_000;
const CHEAP_TRY = 20_000;
/** Of the strong model at most: 100,000 for the ten tokens out, and a token in for each byte of the question, with what a turn adds. */
const WORST = 254_000;

const tenant = (budget: string) => `tenants: {acme: {keys: [${KEY}], budget: {limit: ${budget}, per: day}}}`;

/** What the tenant's daily budget shows, and its ledger, in nano-dollars. */
async function booksOf({ proxy }: CascadeRig) {
  const { tenancy } = proxy.runtime;
  assert.ok(tenancy);
  const counters = await tenancy.budgets.counters('acme', 100);
  const found = counters.find(({ key }) => key === 'tenant/usd/day');
  const lines = await tenancy.budgets.ledger('acme', { limit: 100 });
  return { spent: found?.spent ?? 0, held: found?.held ?? 0, lines };
}

describe('what a cascade costs its tenant', () => {
  it('is one cheap call where its answer is taken', async (t) => {
    const r = await cascadeRig(t, { cheap: 'sim-usage-100-10', more: tenant('$1') });
    assert.equal((await r.tell(ASK, { headers: HEADERS })).cascade, 'kept');
    const { spent, held, lines } = await booksOf(r);
    assert.deepEqual([spent, held], [CHEAP_TRY, 0]);
    assert.deepEqual(
      lines.map(({ cost, billedTries, target, saved, inputTokens }) => [cost, billedTries, target, saved, inputTokens]),
      [[CHEAP_TRY, 1, 'a/sim-usage-100-10', STRONG - CHEAP_TRY, 100]],
    );
  });

  it('is both calls where it is not, and that is what it did not save', async (t) => {
    const r = await cascadeRig(t, { cheap: 'sim-usage-100-10-refusal', more: tenant('$1') });
    assert.equal((await r.tell(ASK, { headers: HEADERS })).cascade, 'escalated:refused');
    const { spent, held, lines } = await booksOf(r);
    assert.deepEqual([spent, held], [STRONG + CHEAP_TRY, 0]);
    assert.deepEqual(
      lines.map(({ cost, billedTries, target, saved }) => [cost, billedTries, target, saved]),
      [[STRONG + CHEAP_TRY, 2, 'b/sim-usage-100-10', -CHEAP_TRY]],
    );
  });

  it('is held for both before the first is asked', async (t) => {
    const r = await cascadeRig(t, { cheap: 'sim-usage-100-10-refusal-slow-headers-10s', more: tenant('$1') });
    const asked = r.tell(ASK, { headers: HEADERS });
    while (r.asked[0] === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    const { held } = await booksOf(r);
    assert.equal(held, WORST + WORST / 10);
    assert.equal((await asked).status, 200);
    assert.equal((await booksOf(r)).held, 0);
  });

  it('never overspends, however many ask at once', async (t) => {
    const r = await cascadeRig(t, {
      cheap: 'sim-usage-20-10-refusal',
      strong: 'sim-usage-20-10',
      more: tenant('$0.002'),
    });
    const told = await Promise.all(Array.from({ length: 60 }, () => r.tell(ASK, { headers: HEADERS })));
    const answered = told.filter(({ status }) => status === 200).length;
    const { spent, held } = await booksOf(r);
    assert.ok(answered >= 5 && answered < 60, `${answered} answered`);
    assert.ok(spent <= 2_000_000, `${spent} spent`);
    assert.equal(held, 0);
  });

  it('is the strong call’s alone where there is no room for both', async (t) => {
    const r = await cascadeRig(t, { cheap: 'sim-usage-20-10', strong: 'sim-usage-20-10', more: tenant('$0.00026') });
    const told = await r.tell(ASK, { headers: HEADERS });
    assert.equal(told.status, 200);
    assert.equal(told.cascade, 'off:budget');
    assert.deepEqual(r.asked, [0, 1]);
    const { spent, held } = await booksOf(r);
    assert.deepEqual([spent, held], [120_000, 0]);
  });

  it('is refused where there is not even room for that', async (t) => {
    const r = await cascadeRig(t, { cheap: 'sim-usage-20-10', more: tenant('$0.00005') });
    const told = await r.tell(ASK, { headers: HEADERS });
    assert.equal(told.status, 429);
    assert.deepEqual(r.asked, [0, 0]);
  });
});

describe('a mixed day', () => {
  /** Three of four answers of the cheap model fit; what it cannot do it does not do either time it is asked. */
  const MIX = ['json', 'json', 'json', 'wrong-json'] as const;
  const SCHEMA = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
  const JSON_ASK = {
    messages: QUESTION,
    response_format: { type: 'json_schema', json_schema: { name: 'place', schema: SCHEMA } },
  };

  it('costs less with a cascade than with the strong model alone, by what the escalations leave', async (t) => {
    const r = await cascadeRig(t, {
      cheap: '',
      models: `
${MIX.map((answer, at) => `  small${at}: {targets: [{target: a/sim-usage-100-10-${answer}, ${CHEAP}}]}\n  auto${at}: {route: p${at}}`).join('\n')}
  large: {targets: [{target: b/sim-usage-100-10-json, ${DEAR}}]}
`,
      policies: `routing: {policies: {${MIX.map((_, at) => `p${at}: {rules: [], tiers: {low: small${at}, high: large}, default: low, cascade: on}`).join(', ')}}}`,
    });
    const counts = { kept: 0, escalated: 0 };
    let cascade = 0;
    let strong = 0;
    for (let at = 0; at < 40; at++) {
      const told = await r.tell({ ...JSON_ASK, model: `auto${at % 4}` });
      assert.equal(typeof JSON.parse(JSON.parse(told.text).choices[0].message.content).city, 'string');
      if (told.cascade === 'kept') counts.kept++;
      else if (told.cascade === 'escalated:schema') counts.escalated++;
      cascade += Math.round(Number(told.cost) * 1e9);
      strong += Math.round(Number((await r.tell({ ...JSON_ASK, model: 'large' })).cost) * 1e9);
    }
    assert.deepEqual(counts, { kept: 30, escalated: 10 });
    assert.equal(strong, 40 * STRONG);
    assert.equal(cascade, 40 * CHEAP_TRY + 10 * STRONG);
    // A tenth of the price and a quarter escalated: 35% of the cost.
    assert.equal(cascade / strong, 0.35);
  });
});
