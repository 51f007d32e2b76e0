import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { QUESTION } from '../../cache/rig.ts';
import { until } from '../../chaos/until.ts';
import { CHEAP, cascadeRig, DEAR } from './cascade-rig.ts';

const ASK = { model: 'auto', messages: QUESTION };
const SCHEMA = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const AS_JSON = { response_format: { type: 'json_schema', json_schema: { name: 'place', schema: SCHEMA } } };
const TOOLS = { tools: [{ type: 'function', function: { name: 'look_up', parameters: SCHEMA } }] };
const BROKEN_CODE = [{ role: 'user', content: 'Write a function like this:\n```js\nfunction f( {\n```' }];
/** 100 tokens in and 10 out: 200,000 nano-dollars of the strong model, 20,000 of the cheap one. */
const STRONG_COST = 0.0002;
const CHEAP_COST = 0.00002;

describe('a cheap answer that stands up to being looked at', () => {
  const cases = {
    'a text': ['sim-usage-100-10', {}],
    JSON: ['sim-usage-100-10-json', AS_JSON],
    'a tool call': ['sim-usage-100-10-tools', TOOLS],
  } as const;
  for (const [what, [cheap, more]] of Object.entries(cases)) {
    it(`is given, and the strong model never asked: ${what}`, async (t) => {
      const r = await cascadeRig(t, { cheap });
      const told = await r.tell({ ...ASK, ...more });
      assert.equal(told.status, 200);
      assert.equal(told.cascade, 'kept');
      assert.equal(told.breakwater, 'ok');
      assert.equal(told.target, `a/${cheap}`);
      assert.equal(Number(told.cost), CHEAP_COST);
      assert.deepEqual(r.asked, [1, 0]);
    });
  }
});

describe('a cheap answer that does not', () => {
  const cases = {
    'cut-off': ['sim-usage-100-10-length', {}],
    filtered: ['sim-usage-100-10-filtered', {}],
    refused: ['sim-usage-100-10-refusal', {}],
    'not-json': ['sim-usage-100-10-repeat', AS_JSON, 'repetition'],
    schema: ['sim-usage-100-10-wrong-json', AS_JSON],
    'unknown-tool': ['sim-usage-100-10-tools', {}],
    'tool-arguments': ['sim-usage-100-10-bad-tool-args', TOOLS],
    'no-tool-call': ['sim-usage-100-10', { ...TOOLS, tool_choice: 'required' }],
    repetition: ['sim-usage-100-10-repeat', {}],
    'broken-code': ['sim-usage-100-10-echo', { messages: BROKEN_CODE }],
  } as const;
  for (const [name, [cheap, more, code = name]] of Object.entries(cases)) {
    it(`is thrown away, paid for, and the strong model asked: ${name}`, async (t) => {
      const strong = 'tool_choice' in more ? 'sim-usage-100-10-tools' : 'sim-usage-100-10';
      const r = await cascadeRig(t, { cheap, strong });
      const told = await r.tell({ ...ASK, ...more });
      assert.equal(told.status, 200);
      assert.equal(told.cascade, `escalated:${code}`);
      assert.equal(told.breakwater, 'ok', 'the strong model is what the request is measured by');
      assert.equal(told.target, `b/${strong}`);
      assert.ok(Math.abs(Number(told.cost) - STRONG_COST - CHEAP_COST) < 1e-12, `cost ${told.cost}`);
      assert.deepEqual(r.asked, [1, 1], 'it is not repeated');
      const [record] = r.records;
      assert.deepEqual(
        record?.attempts.map((one) => [one.target, one.outcome, one.code]),
        [
          [`a/${cheap}`, 'doubted', code],
          [`b/${strong}`, 'ok', undefined],
        ],
      );
      assert.equal(record?.fallbackDepth, 0);
    });
  }

  it('is no failure of its provider: its circuit stays closed', async (t) => {
    const r = await cascadeRig(t, { cheap: 'sim-refusal' });
    for (let at = 0; at < 12; at++) assert.equal((await r.tell(ASK)).cascade, 'escalated:refused');
    assert.deepEqual(r.asked, [12, 12]);
    assert.ok(r.proxy.runtime.gates.circuits.snapshots().every(({ state }) => state === 'closed'));
    const metrics = await (await fetch(`${r.proxy.url}/metrics`)).text();
    assert.match(metrics, /breakwater_cascades_total\{model="small",result="refused"\} 12/);
    assert.match(metrics, /breakwater_attempts_total\{target="a\/sim-refusal",class="ok"\} 12/);
  });

  it('is told to whoever wants to know', async (t) => {
    const r = await cascadeRig(t, { cheap: 'sim-refusal' });
    const heard: string[] = [];
    r.proxy.runtime.onEscalated = ({ route }, { code }) => heard.push(`${route?.policy} ${code}`);
    await r.tell(ASK);
    assert.deepEqual(heard, ['by-task refused']);
  });

  it('does not fail the request where whoever is told fails', async (t) => {
    const r = await cascadeRig(t, { cheap: 'sim-refusal' });
    const defects: unknown[] = [];
    r.proxy.runtime.telemetry.defect = (error) => defects.push(error);
    r.proxy.runtime.onEscalated = () => {
      throw new Error('no');
    };
    assert.equal((await r.tell(ASK)).status, 200);
    assert.equal(defects.length, 1);
  });
});

describe('a streamed request', () => {
  const text = (body: string) =>
    [...body.matchAll(/"content":"((?:[^"\\]|\\.)*)"/g)].map(([, piece]) => JSON.parse(`"${piece}"`)).join('');

  it('for JSON is held until the cheap answer is whole, and then streamed', async (t) => {
    const r = await cascadeRig(t, { cheap: 'sim-usage-100-10-json' });
    const told = await r.tell({ ...ASK, ...AS_JSON, stream: true });
    assert.equal(told.cascade, 'kept');
    assert.match(told.text, /data: \[DONE\]\n\n$/);
    assert.equal(typeof JSON.parse(text(told.text)).city, 'string');
    assert.deepEqual(r.asked, [1, 0]);
  });

  it('for JSON shows nothing of a cheap answer that does not fit', async (t) => {
    const r = await cascadeRig(t, { cheap: 'sim-usage-100-10-wrong-json', strong: 'sim-usage-100-10-json' });
    const told = await r.tell({ ...ASK, ...AS_JSON, stream: true });
    assert.equal(told.cascade, 'escalated:schema');
    assert.doesNotMatch(told.text, /unexpected/);
    assert.equal(typeof JSON.parse(text(told.text)).city, 'string');
    assert.match(told.text, /data: \[DONE\]\n\n$/);
    assert.deepEqual(r.asked, [1, 1]);
    await until('the exchange was settled', () => r.records.length > 0);
    assert.ok(Math.abs((r.records[0]?.costUsd ?? 0) - STRONG_COST - CHEAP_COST) < 1e-12);
  });

  it('with tools is looked through for its calls', async (t) => {
    const r = await cascadeRig(t, { cheap: 'sim-bad-tool-args', strong: 'sim-tools' });
    const told = await r.tell({ ...ASK, ...TOOLS, stream: true });
    assert.equal(told.cascade, 'escalated:tool-arguments');
    assert.equal(told.breakwater, 'ok');
  });

  it('is held however long its parts are apart', async (t) => {
    const r = await cascadeRig(t, { cheap: 'sim-bad-tool-args-paced-200ms', strong: 'sim-tools' });
    const told = await r.tell({ ...ASK, ...TOOLS, stream: true });
    assert.equal(told.cascade, 'escalated:tool-arguments');
    assert.equal(told.target, 'b/sim-tools');
    assert.doesNotMatch(told.text, /bad-tool-args/, 'nothing of the cheap stream, not even its name');
  });

  it('is not judged before it is whole', async (t) => {
    const r = await cascadeRig(t, { cheap: 'sim-tools-paced-200ms' });
    assert.equal((await r.tell({ ...ASK, ...TOOLS, stream: true })).cascade, 'kept');
  });

  it('that breaks in the cheap model’s stream is asked again of the strong one', async (t) => {
    const r = await cascadeRig(t, {
      cheap: 'sim-tools-cut-at-2',
      strong: 'sim-tools',
      cheapMore: ', retries: {max: 0}',
    });
    const told = await r.tell({ ...ASK, ...TOOLS, stream: true });
    assert.equal(told.cascade, 'escalated:failed');
    assert.match(told.text, /data: \[DONE\]\n\n$/);
    assert.doesNotMatch(told.text, /cut-at/);
  });

  it('for plain text is never held: the policy is followed as it is written', async (t) => {
    const r = await cascadeRig(t, { cheap: 'sim-ok' });
    const told = await r.tell({ ...ASK, stream: true });
    assert.equal(told.cascade, 'off:plain-stream');
    assert.deepEqual(r.asked, [1, 0]);
  });
});

describe('in every dialect', () => {
  const requests = {
    '/v1/messages': {
      plain: { model: 'auto', max_tokens: 500, messages: QUESTION },
      json: { output_config: { format: { type: 'json_schema', schema: { ...SCHEMA, additionalProperties: false } } } },
      tools: { tools: [{ name: 'look_up', input_schema: SCHEMA }] },
    },
    '/v1/responses': {
      plain: { model: 'auto', input: 'what is the capital of France?', store: false },
      json: { text: { format: { type: 'json_schema', name: 'place', schema: SCHEMA } } },
      tools: { tools: [{ type: 'function', name: 'look_up', parameters: SCHEMA, strict: false }] },
    },
    '/v1/chat/completions': { plain: ASK, json: AS_JSON, tools: TOOLS },
  } as const;
  const cases = [
    ['sim-ok', 'plain', 'kept'],
    ['sim-json', 'json', 'kept'],
    ['sim-tools', 'tools', 'kept'],
    ['sim-wrong-json', 'json', 'escalated:schema'],
    ['sim-refusal', 'plain', 'escalated:refused'],
    ['sim-length', 'plain', 'escalated:cut-off'],
    ['sim-repeat', 'plain', 'escalated:repetition'],
    ['sim-bad-tool-args', 'tools', 'escalated:tool-arguments'],
  ] as const;
  /** The cheap provider speaks what the client does, or only another dialect. */
  const speakers = {
    everything: undefined,
    'chat completions only': 'speaks: [chat]',
    'Messages only': 'dialect: anthropic',
    'Responses only': 'speaks: [responses]',
  } as const;
  for (const [path, { plain, ...more }] of Object.entries(requests)) {
    for (const [speaker, speaks] of Object.entries(speakers)) {
      it(`${path} with a cheap provider that speaks ${speaker}`, async (t) => {
        const all = 'speaks: [chat, completions, embeddings, messages, responses, count-tokens]';
        const models = cases.map(
          ([cheap], at) => `  small${at}: {targets: [{target: a/${cheap}, ${CHEAP}}]}
  large${at}: {targets: [{target: b/${cheap === 'sim-wrong-json' ? 'sim-json' : 'sim-ok'}, ${DEAR}}]}
  auto${at}: {route: p${at}}`,
        );
        const policies = cases.map(
          (_, at) => `p${at}: {rules: [], tiers: {low: small${at}, high: large${at}}, default: low, cascade: on}`,
        );
        const r = await cascadeRig(t, {
          cheap: 'sim-ok',
          providers: `providers:\n  a: {baseUrl: up(a), apiKey: k, ${speaks ?? all}}\n  b: {baseUrl: up(b), apiKey: k, ${all}}`,
          models: `\n${models.join('\n')}\n`,
          policies: `routing: {policies: {${policies.join(', ')}}}`,
        });
        for (const [at, [cheap, kind, expected]] of cases.entries()) {
          for (const stream of kind === 'plain' ? [false] : [false, true]) {
            const body = {
              ...plain,
              model: `auto${at}`,
              ...(kind === 'plain' ? {} : more[kind]),
              ...(stream ? { stream: true } : {}),
            };
            const told = await r.tell(body, { path });
            const what = `${cheap}, ${kind}, ${stream ? 'streamed' : 'whole'}: ${told.text.slice(0, 300)}`;
            assert.equal(told.status, 200, what);
            // A refusal without words of its own is a filter's, in the other dialects.
            const filter = cheap === 'sim-refusal' && speaker === 'Messages only' && path !== '/v1/messages';
            assert.equal(told.cascade, filter ? 'escalated:filtered' : expected, what);
            assert.equal(told.breakwater, 'ok', what);
          }
        }
      });
    }
  }
});
