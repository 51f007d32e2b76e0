import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { summarize } from '../../src/commands/summary.ts';
import { withSimulatorUrl } from '../../src/config/from-environment.ts';
import { hashKey } from '../../src/config/key-hash.ts';
import { configWarnings } from '../../src/config/warnings.ts';
import { configOf, problemsOf } from './problems-of.ts';

const REST = `providers: {openai: {apiKey: k}, anthropic: {apiKey: k}}
models: {smart: {targets: [openai/gpt-4o]}, cheap: {targets: [openai/gpt-4o-mini]}}
`;
const KEY = 'bw_Zq7XvW9kQzJ4mB2sYtG8hLxNZq7XvW9kQzJ4mB2s';

/** What is wrong (line 3 is the first of the text), and every problem that must be told. */
const TABLE: readonly (readonly [string, string, readonly string[]])[] = [
  ['no tenant', 'tenants: {}', ['3:10 tenants: is empty; leave it out where nobody is to be asked for a key']],
  [
    'tenants and auth: none',
    'auth: none\ntenants: {a: {}}',
    ['3:7 auth: with tenants every request needs a key; leave one of the two out'],
  ],
  ['a key in the place of a tenant', `tenants: {a: ${KEY}}`, ['3:14 tenants.a: expected a mapping, got text']],
  [
    'a name that no counter can have',
    'tenants: {"a{b}": {}}',
    ['3:11 tenants: a name is up to 64 letters, digits and any of "_.-"'],
  ],
  [
    'a name of an agent',
    'tenants: {a: {agents: {"a b": {}}}}',
    ['3:24 tenants.a.agents: a name is up to 64 letters, digits and any of "_.-", or "*" for every other agent'],
  ],
  [
    'a short key',
    'tenants: {a: {keys: [secret]}}',
    ['3:22 tenants.a.keys[0]: is too short for a key: at least 20 characters; "breakwater keys create" makes one'],
  ],
  [
    'a key that no header carries',
    `tenants: {a: {keys: ["${KEY} x"]}}`,
    ['3:22 tenants.a.keys[0]: holds a blank, a line break or a character a header cannot carry'],
  ],
  [
    'half a hash',
    'tenants: {a: {keys: ["sha256:abc"]}}',
    ['3:22 tenants.a.keys[0]: expected the 64 hexadecimal digits of a SHA-256 after "sha256:"'],
  ],
  [
    'one key for two tenants',
    `tenants: {a: {keys: ["${KEY}"]}, b: {keys: ["sha256:${hashKey(KEY)}"]}}`,
    [
      '3:82 tenants.b.keys[0]: is the same key as tenants.a.keys[0]: a key belongs to one tenant, and to one agent at most',
    ],
  ],
  [
    'one key for a tenant and the admin API',
    `admin: {keys: ["${KEY}"]}\ntenants: {a: {keys: ["${KEY}"]}}`,
    ['3:16 admin.keys[0]: is the same key as tenants.a.keys[0]: a key belongs to one tenant, and to one agent at most'],
  ],
  [
    'a key for any agent',
    `tenants: {a: {agents: {"*": {keys: ["${KEY}"]}}}}`,
    ['3:36 tenants.a.agents["*"].keys: a key stands for one agent; write it at the tenant, or at an agent with a name'],
  ],
  [
    'a time zone that is none',
    'tenants: {a: {timeZone: Europe/Viena}}',
    ['3:25 tenants.a.timeZone: "Europe/Viena": no such time zone. Did you mean "Europe/Vienna"?'],
  ],
  [
    'a limit without a unit',
    'tenants: {a: {budget: {limit: 5, per: day}}}',
    [
      '3:31 tenants.a.budget.limit: 5: expected money, tokens or requests, such as "$5", "2M tokens" or "1000 requests"',
    ],
  ],
  [
    'too much money',
    'tenants: {a: {budget: [{limit: $9000001, per: day}]}}',
    ['3:32 tenants.a.budget[0].limit: "$9000001": at most $9000000'],
  ],
  ['a rule without a period', 'tenants: {a: {budget: [{limit: $5}]}}', ['3:24 tenants.a.budget[0].per: is missing']],
  [
    'an option of a single rule',
    'tenants: {a: {budget: {limit: $5, per: day, perr: 1}}}',
    ['3:45 tenants.a.budget.perr: unknown option. Did you mean "per"?'],
  ],
  [
    'an option of a rule in a list',
    'tenants: {a: {budget: [{limit: $5, per: day, perr: 1}]}}',
    ['3:46 tenants.a.budget[0].perr: unknown option. Did you mean "per"?'],
  ],
  [
    'two limits of one kind',
    'tenants: {a: {budget: [{limit: $5, per: day}, {limit: 1 request, per: day}, {limit: $6, per: day}]}}',
    ['3:77 tenants.a.budget[2]: is a second limit of usd per day, as number 1; one decides'],
  ],
  [
    'a rate without a period',
    'tenants: {a: {rates: {requests: 600}}}',
    [
      '3:33 tenants.a.rates.requests: 600: expected a rate such as "10/second", "600/minute", "2M/minute" or "5000/hour"',
    ],
  ],
  [
    'a downgrade to nothing',
    'tenants: {a: {over: downgrade}}',
    ['3:21 tenants.a.over: needs downgradeTo: the model to go down to'],
  ],
  [
    'a downgrade to no model',
    'tenants: {a: {over: downgrade, downgradeTo: chaep}}',
    ['3:45 tenants.a.downgradeTo: "chaep": no such model. Did you mean "cheap"?'],
  ],
  [
    'a list with no model, no provider, and a star in the middle',
    'tenants: {a: {models: [smort, opanai/x, "opanai/*", "a*b"]}}',
    [
      '3:24 tenants.a.models[0]: "smort": no such model. Did you mean "smart"?',
      '3:31 tenants.a.models[1]: "opanai/x": no such provider is configured. Did you mean "openai"?',
      '3:41 tenants.a.models[2]: "opanai/*": no such provider is configured. Did you mean "openai"?',
      '3:53 tenants.a.models[3]: "a*b": a star stands at the end only',
    ],
  ],
  [
    'a webhook in the clear, with a short secret',
    'tenants: {a: {webhooks: [{url: "http://example.com", secret: abc}]}}',
    [
      '3:32 tenants.a.webhooks[0].url: expected https://..., or http:// on this machine: what is posted names your tenants',
      '3:62 tenants.a.webhooks[0].secret: is too short: at least 16 characters',
    ],
  ],
  [
    'a guard that repeats nothing',
    'tenants: {a: {guard: {repeats: 1}}}',
    ['3:32 tenants.a.guard.repeats: 1: expected a whole number from 2, or off'],
  ],
  [
    'warnings in words',
    'tenants: {a: {warnAt: 0.8}}',
    ['3:23 tenants.a.warnAt: 0.8: expected a percentage such as "80%"'],
  ],
];

describe('tenants that are refused', () => {
  for (const [what, text, expected] of TABLE) {
    test(`${what} is told at its place`, () => assert.deepEqual(problemsOf(`${REST}${text}`), expected));
  }

  test('no key is repeated, wherever it is misplaced', () => {
    for (const text of [
      `tenants: {a: {keys: ${KEY}}}`,
      `tenants: {a: {keys: [[${KEY}]]}}`,
      `tenants: {a: {keys: {${KEY}, ${KEY}}}}`,
      `tenants: {a: {key: ${KEY}}}`,
      `tenants: {a: {${KEY}}}`,
      `tenants: {${KEY}: x}`,
      `tenants: ${KEY}`,
      `tenants: {a: {keys: ["${KEY}", "${KEY}"]}}`,
      `tenants: {a: {keys: ["${KEY}\\n"]}}`,
      `tenants: {a: {agents: {b: ${KEY}}}}`,
      `tenants: {a: {agents: {b: {keys: [${KEY} x]}}}}`,
      `tenants: {a: {webhooks: [{url: "http://x/?${KEY}", secret: "${KEY}"}]}}`,
      `tenants: {a: {webhooks: [{url: "https://x", secret: [${KEY}]}]}}`,
      `admin: ${KEY}`,
      `admin: {keys: ${KEY}}`,
      `state: {redis: "http://:${KEY}@h"}`,
      `state: {redis: ["redis://:${KEY}@h", "redis://:${KEY}@i"]}`,
    ]) {
      const told = problemsOf(`${REST}${text}`).join('\n');
      assert.ok(told !== '' && !told.includes(KEY), told);
    }
  });
});

test('a key of digits only, which YAML takes for a number, is not repeated either', () => {
  const digits = '837419265508';
  for (const text of [
    `tenants: {a: {keys: [${digits}]}}`,
    `tenants: {a: {keys: {${digits}, ${digits}}}}`,
    `tenants: {a: {agents: {b: {keys: [${digits}]}}}}`,
    `tenants: {a: {webhooks: [{url: ${digits}, secret: ${digits}}]}}`,
    `admin: {keys: [${digits}]}`,
    `state: {redis: ${digits}}`,
  ]) {
    const told = problemsOf(`${REST}${text}`).join('\n');
    assert.ok(told !== '' && !told.includes(digits), told);
  }
});

describe('tenants that are taken', () => {
  const config = configOf(
    `${REST}listen: {host: 0.0.0.0}
admin: {keys: ["\${KEY}2"]}
tenants:
  acme:
    keys: ["\${KEY}"]
    budget: {limit: $5, per: day}
    over: downgrade
    downgradeTo: cheap
    guard: {repeats: 7}
    agents: {coder: {keys: ["\${KEY}1"], over: block, models: [smart], guard: {action: block}}, "*": {concurrency: 2}}
    webhooks: [{url: "https://h.example/?token=\${KEY}", secret: "\${KEY}"}]
`,
    { KEY },
  );
  const acme = config.tenants.get('acme');

  test('listen to other machines without auth: none; nothing says that anybody may', () => {
    assert.equal(config.listen.host, '0.0.0.0');
    assert.deepEqual(config.notices, []);
  });

  test('hold the hashes of their keys, and no key can be read from them', () => {
    assert.deepEqual(acme?.keys, [
      { id: 'acme#1', hash: hashKey(KEY), agent: undefined },
      { id: 'acme/coder#1', hash: hashKey(`${KEY}1`), agent: 'coder' },
    ]);
    assert.equal(config.admin.keys[0]?.hash, hashKey(`${KEY}2`));
    for (const text of [inspect(config, { depth: null }), JSON.stringify([...config.tenants]), summarize(config)])
      assert.ok(!text.includes(KEY));
    assert.equal(acme?.webhooks[0]?.secret, KEY);
  });

  test('pass on to agents what these do not say themselves', () => {
    const coder = acme?.agents.get('coder')?.policy;
    assert.equal(coder?.over, 'block');
    assert.equal(coder?.downgradeTo, 'cheap');
    assert.deepEqual(coder?.guard, { repeats: 7, toolCalls: undefined, action: 'block' });
    assert.equal(acme?.otherAgents?.policy.over, 'downgrade');
    assert.deepEqual(acme?.agents.get('coder')?.limits.budget, []);
    assert.equal(acme?.otherAgents?.limits.concurrency, 2);
  });

  test('stay when the simulator is given its address', () => {
    const before = configOf(`tenants: {a: {keys: ["${KEY}"]}}\nstate: memory\nadmin: {keys: ["${KEY}3"]}`);
    const after = withSimulatorUrl(before, 4242);
    assert.equal(after.simulator, true);
    assert.deepEqual([...after.tenants.keys()], ['a']);
    assert.deepEqual([after.admin, after.state], [before.admin, before.state]);
  });

  test('are frozen all the way down', () => {
    assert.throws(() => Object.assign(acme?.limits.budget[0] ?? {}, { limit: 1 }), TypeError);
    assert.throws(() => Object.assign(acme?.webhooks[0] ?? {}, { secret: 'x' }), TypeError);
  });

  test('are none by default, and then an open address still needs auth: none', () => {
    const plain = configOf(REST);
    assert.equal(plain.tenants.size, 0);
    assert.deepEqual(plain.admin.keys, []);
    assert.equal(problemsOf(`${REST}listen: {host: 0.0.0.0}`).length, 1);
    assert.throws(() => configOf(REST, {}, { host: '0.0.0.0' }), /configure tenants/);
    assert.throws(() => configOf(`${REST}tenants: {a: {}}`, {}, { auth: 'none' }), /--auth: with tenants/);
  });

  test('are warned of where they are hardly meant', () => {
    const warnings = configWarnings(
      configOf(
        `providers: {openai: {}}\nstate: memory\ntenants: {a: {over: cache-only}, b: {budget: {limit: $5, per: session}}}`,
      ),
    ).join('\n');
    assert.match(warnings, /tenants\.a: has no limit at all/);
    assert.match(warnings, /tenants\.a: over: cache-only/);
    assert.match(warnings, /tenants\.b: clients name their sessions/);
    assert.match(warnings, /providers\.openai: .*x-breakwater-key/);
    assert.match(warnings, /state: memory forgets/);
  });
});
