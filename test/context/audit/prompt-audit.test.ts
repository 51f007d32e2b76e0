import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nearDuplicates } from '../../../src/context/audit/near-duplicates.ts';
import { PromptAudit, type PromptAuditOptions, type PromptSample } from '../../../src/context/audit/prompt-audit.ts';
import { PromptParts } from '../../../src/context/audit/prompt-parts.ts';
import {
  type PromptSketch,
  signatureOf,
  similarity,
  toolNameOf,
  usualForm,
} from '../../../src/context/audit/sketch.ts';
import type { Endpoint } from '../../../src/dialects/endpoint.ts';
import { JsonMembers } from '../../../src/dialects/json-members.ts';
import { NO_TOKENS } from '../../../src/dialects/reported-tokens.ts';
import { completeRates, configuredPrice } from '../../../src/prices/price.ts';
import { FakeClock } from '../../breakers/fake-clock.ts';

const DAY = 86_400_000;
/** $2 in, $0.20 from the cache, $10 out, a million tokens. */
const RATES = completeRates({ input: 2_000_000, cacheRead: 200_000, output: 10_000_000 });
assert.ok(RATES !== undefined);
const PRICE = configuredPrice(RATES);
const RULES = Array.from(
  { length: 60 },
  (_, index) =>
    `Rule ${'abcdefghij'[index % 10]}${index * 7919}: never touch the ${WORD(index)} of a ${WORD(index * 3 + 1)}.`,
).join('\n');

function WORD(index: number): string {
  return ['ledger', 'invoice', 'queue', 'cursor', 'schema', 'session', 'tenant', 'window'][index % 8] ?? '';
}

/** A token is four characters; tools as the worker counts them. */
async function sketch(prompt: string, tools: string): Promise<PromptSketch> {
  const usual = usualForm(prompt);
  const list: { name?: string; function?: { name: string } }[] = tools === '' ? [] : JSON.parse(tools);
  return {
    tokens: Math.ceil(prompt.length / 4),
    tools: list.map((tool) => ({ name: toolNameOf(tool), tokens: 50 })),
    key: usual,
    signature: signatureOf(usual),
  };
}

function rig(options: Partial<PromptAuditOptions> = {}) {
  const clock = new FakeClock(DAY * 20_000);
  const audit = new PromptAudit({ clock, sketch, ...options });
  const observe = async (system: string, more: Partial<PromptSample> = {}, tools: readonly string[] = []) => {
    audit.observe({
      tenant: 'acme',
      agent: 'coder',
      endpoint: 'chat',
      body: bodyOf({
        model: 'm',
        messages: [
          { role: 'system', content: system },
          { role: 'user', content: 'Hi' },
        ],
        ...(tools.length === 0 ? {} : { tools: tools.map((name) => ({ type: 'function', function: { name } })) }),
      }),
      model: 'gpt-4o',
      uses: [{ tokens: { ...NO_TOKENS, promptTokens: 10_000, completionTokens: 100 }, price: PRICE }],
      called: [],
      record: false,
      ...more,
    });
    await audit.settled();
  };
  return { clock, audit, observe };
}

function bodyOf(json: object): JsonMembers {
  const members = JsonMembers.read(Buffer.from(JSON.stringify(json)));
  assert.ok(members instanceof JsonMembers);
  return members;
}

const flagsOf = (audit: PromptAudit, at = 0) => audit.report().prompts[at]?.findings.map(({ flag }) => flag);

describe('the fixed part of a request', () => {
  const cases: [Endpoint, object, string, string][] = [
    ['messages', { system: 'Be brief.', tools: [{ name: 'f' }], messages: [] }, 'Be brief.', '[{"name":"f"}]'],
    [
      'messages',
      {
        system: [
          { type: 'text', text: 'A' },
          { type: 'text', text: '“B”' },
        ],
        messages: [],
      },
      'A\n“B”',
      '',
    ],
    [
      'chat',
      {
        messages: [
          { role: 'system', content: 'A' },
          { role: 'developer', content: [{ type: 'text', text: 'B' }] },
          { role: 'user', content: 'C' },
          { role: 'system', content: 'D' },
        ],
      },
      'A\nB',
      '',
    ],
    [
      'responses',
      {
        instructions: 'A',
        input: [
          { role: 'developer', content: 'B' },
          { role: 'user', content: 'C' },
        ],
      },
      'A\nB',
      '',
    ],
  ];
  for (const [endpoint, request, text, tools] of cases) {
    it(`${endpoint}: ${JSON.stringify(text)}`, () => {
      const parts = PromptParts.of(endpoint, bodyOf(request));
      assert.deepEqual([parts?.text(), parts?.tools()], [text, tools]);
    });
  }

  it('is none where there is none', () => {
    for (const [endpoint, request] of [
      ['chat', { messages: [{ role: 'user', content: 'C' }] }],
      ['messages', { system: null, messages: [] }],
      ['responses', { instructions: null, input: 'C' }],
      ['embeddings', { input: 'C' }],
      ['chat', { messages: 'no list' }],
    ] as const)
      assert.equal(PromptParts.of(endpoint, bodyOf(request)), undefined);
  });
});

describe('a report', () => {
  it('tells what a prompt costs, and what part of the bill that is', async () => {
    const { audit, observe } = rig();
    const prompt = 'x'.repeat(4000);
    // The first is counted by its bytes, the others by their tokens.
    for (let request = 0; request < 5; request++) await observe(prompt);
    const [one] = audit.report().prompts;
    assert.equal(one?.requests, 5);
    assert.equal(one.tokens, 1000);
    // 1,000 tokens at $2 a million; the whole request has 10,000, and 100 out.
    assert.ok(Math.abs(one.promptCostUsd - 5 * 0.002) < 0.0001, String(one.promptCostUsd));
    assert.ok(Math.abs(one.shareOfBill - 0.002 / 0.021) < 0.001, String(one.shareOfBill));
    assert.equal(audit.report({ requestsPerDay: 1000 }).prompts[0]?.requestsPerDay, 1000);
    assert.deepEqual(flagsOf(audit), ['long']);
  });

  it('reckons with the provider’s cache from the front', async () => {
    const { audit, observe } = rig();
    const prompt = 'x'.repeat(8000);
    await observe(prompt);
    const tokens = { ...NO_TOKENS, promptTokens: 10_000, cachedTokens: 9000 };
    for (let request = 0; request < 19; request++) await observe(prompt, { uses: [{ tokens, price: PRICE }] });
    const [one] = audit.report().prompts;
    assert.ok(one !== undefined && one.cachedShare > 0.9);
    assert.ok(Math.abs(one.promptCostUsd - (0.004 + 19 * 0.0004)) < 0.0005, String(one.promptCostUsd));
    assert.deepEqual(flagsOf(audit), ['long']);
    const cold = rig();
    for (let request = 0; request < 20; request++) await cold.observe(prompt);
    assert.deepEqual(flagsOf(cold.audit), ['long', 'uncached']);
  });

  it('names tools that were never called, once enough answers were seen', async () => {
    const { audit, observe } = rig();
    const tools = ['read', 'write', 'send_fax'];
    for (let request = 0; request < 19; request++) await observe('Short.', { called: ['read', 'write'] }, tools);
    assert.deepEqual(flagsOf(audit), []);
    await observe('Short.', { called: undefined }, tools);
    assert.deepEqual(flagsOf(audit), []);
    await observe('Short.', { called: [] }, tools);
    assert.deepEqual(flagsOf(audit), ['unused-tools']);
    assert.deepEqual(audit.report().prompts[0]?.unusedTools, [{ name: 'send_fax', tokens: 50 }]);
  });

  it('finds a prompt that two agents have each written, and no likeness between strangers', async () => {
    const { audit, observe } = rig();
    await observe(RULES);
    await observe(`${RULES}\nAnd be kind.`, { agent: 'writer' });
    await observe('Translate what you are given to Danish, and say nothing else whatever you are asked.', {
      agent: 'translator',
    });
    const { prompts } = audit.report();
    const byAgent = new Map(prompts.map((prompt) => [prompt.agent, prompt]));
    assert.deepEqual(
      byAgent.get('coder')?.duplicates.map(({ agent }) => agent),
      ['writer'],
    );
    assert.deepEqual(
      byAgent.get('writer')?.duplicates.map(({ agent }) => agent),
      ['coder'],
    );
    assert.deepEqual(byAgent.get('translator')?.duplicates, []);
    assert.ok(
      byAgent
        .get('coder')
        ?.findings.some(({ flag, suggestion }) => flag === 'duplicate' && suggestion.includes('writer')),
    );
  });

  it('takes prompts that differ only in dates and ids for one, and says that they defeat the cache', async () => {
    const { audit, observe } = rig();
    for (let request = 0; request < 20; request++)
      await observe(
        `Be brief. It is 2026-11-22T10:${request}. Session 3f2b8c1d-0000-4000-8000-00000000${1000 + request}.`,
      );
    const { prompts } = audit.report();
    assert.deepEqual(
      prompts.map(({ requests, variants }) => [requests, variants]),
      [[20, 20]],
    );
    assert.deepEqual(flagsOf(audit), ['varying']);
  });

  it('tells how an agent’s prompts grow from day to day', async () => {
    const { audit, observe, clock } = rig();
    for (let day = 0; day < 40; day++) {
      const prompt = `Prompt ${'with one more rule '.repeat(20 + day)}`;
      for (let request = 0; request < 3; request++) await observe(prompt);
      clock.advance(DAY);
    }
    const [agent] = audit.report().agents;
    assert.equal(agent?.days.length, 30);
    assert.ok((agent.growth ?? 0) > 0.8, String(agent.growth));
    assert.ok(flagsOf(audit)?.includes('growing'));
    const report = audit.report();
    assert.ok(report.days > 38 && report.days < 40);
    assert.ok(Math.abs((report.prompts[0]?.requestsPerDay ?? 0) - 3 / report.days) < 0.001);
  });

  it('keeps tenants apart, and text only where it may', async () => {
    const { audit, observe } = rig();
    await observe('The secret of acme.');
    await observe('The secret of globex.', { tenant: 'globex', record: true });
    assert.ok(!JSON.stringify(audit.report({ tenant: 'acme' })).includes('globex'));
    assert.ok(!JSON.stringify(audit.report()).includes('The secret of acme'));
    assert.equal(audit.report({ tenant: 'globex' }).prompts[0]?.text, 'The secret of globex.');
    assert.equal(audit.report({ tenant: 'globex' }).requests, 1);
  });
});

describe('what is kept is bounded', () => {
  it('the prompts not seen for longest are summed up, and nothing is lost from the bill', async () => {
    const { audit, observe, clock } = rig({ most: 20 });
    for (let prompt = 0; prompt < 100; prompt++) {
      clock.advance(1000);
      await observe(`Prompt ${String.fromCharCode(97 + (prompt % 26), 97 + Math.floor(prompt / 26))}.`, {
        agent: `agent ${prompt}`,
      });
      assert.ok(audit.size <= 20, String(audit.size));
    }
    const report = audit.report();
    assert.equal(report.requests, 100);
    assert.ok(Math.abs(report.costUsd - 100 * 0.021) < 1e-6);
    assert.ok(report.agents.length <= 20);
    // One that was dropped begins anew, whether its spelling is still known or not.
    await observe('Prompt ac.', { agent: 'agent 52' });
    assert.equal(audit.report().requests, 101);
    await observe('Prompt aa.', { agent: 'agent 0' });
    assert.equal(audit.report().requests, 102);
  });

  it('only so many new prompts are looked at in a second; the others are told by their bytes', async () => {
    let sketched = 0;
    const { audit, observe, clock } = rig({
      perSecond: 2,
      sketch: (prompt, tools) => {
        sketched++;
        return sketch(prompt, tools);
      },
    });
    const name = (index: number) => String.fromCharCode(97 + (index % 26), 97 + Math.floor(index / 26));
    for (let prompt = 0; prompt < 200; prompt++) await observe(`Prompt ${name(prompt)} ${'z'.repeat(400)}`);
    assert.equal(sketched, 10);
    const estimated = audit.report({ top: 1000 }).prompts.filter((prompt) => prompt.estimated);
    assert.ok(estimated.length === 190 && estimated.every(({ tokens }) => tokens > 90 && tokens < 130));
    clock.advance(1000);
    await observe(`Prompt ${name(150)} ${'z'.repeat(400)}`);
    assert.equal(sketched, 11);
  });

  it('a counter that gives no answer is asked again with the next request', async () => {
    let asked = 0;
    const { audit, observe } = rig({
      sketch: async (prompt, tools) => (++asked < 3 ? undefined : sketch(prompt, tools)),
    });
    for (let request = 0; request < 5; request++) await observe('Be brief.');
    assert.equal(asked, 3);
    assert.equal(audit.report().prompts[0]?.estimated, false);
  });
});

describe('the signature of a prompt', () => {
  const words = RULES.split(' ');
  const jaccard = (a: readonly string[], b: readonly string[]): number => {
    const shingles = (all: readonly string[]) => new Set(all.slice(2).map((_, at) => all.slice(at, at + 3).join(' ')));
    const [one, other] = [shingles(a), shingles(b)];
    const both = [...one].filter((shingle) => other.has(shingle)).length;
    return both / (one.size + other.size - both);
  };
  for (const share of [0, 0.02, 0.05, 0.1, 0.3]) {
    it(`tells how alike two texts are, with ${share * 100}% of the words changed`, () => {
      const all = Array.from({ length: 20 }, () => words)
        .flat()
        .map((word, index) => `${word}${index % 97}x`.replace(/\d/g, (digit) => 'abcdefghij'[Number(digit)] ?? ''));
      const changed = all.map((word, index) =>
        share > 0 && index % Math.round(1 / share) === 0 ? `other${word}` : word,
      );
      const [a, b] = [usualForm(all.join(' ')), usualForm(changed.join(' '))];
      const estimate = similarity(signatureOf(a), signatureOf(b));
      const truth = jaccard(a.split(' '), b.split(' '));
      assert.ok(Math.abs(estimate - truth) < 0.2, `${estimate}, not ${truth}`);
    });
  }

  it('is found among two thousand others', () => {
    const texts = Array.from({ length: 2000 }, (_, index) => {
      const seed = index < 2 ? 0 : index;
      const text = Array.from(
        { length: 200 },
        (_, at) =>
          `w${String.fromCharCode(97 + ((seed * 31 + at * 17 + seed * at) % 26))}${'abcdefghij'[(seed + at * seed) % 10]}${'klmnopqrst'[(seed * 7 + at) % 10]}`,
      );
      return { index, signature: signatureOf([...text, index === 1 ? 'besides' : 'end'].join(' ')) };
    });
    const found = nearDuplicates(texts, ({ signature }) => signature);
    assert.ok(found.get(texts[1] ?? assert.fail())?.some(({ of }) => of.index === 0));
  });
});
