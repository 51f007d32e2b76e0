import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CLIENTS, DIALECTS, type DialectName, WHOLE_TEXT } from './dialect-clients.ts';
import { callsOf, dialectRig } from './dialect-rig.ts';

const TARGETS: Readonly<Record<string, DialectName>> = { a: 'messages', b: 'chat', c: 'chat', d: 'responses' };
const PATHS = { chat: '/v1/chat/completions', messages: '/v1/messages', responses: '/v1/responses' };

for (const client of DIALECTS) {
  const { whole, streamed } = CLIENTS[client];
  for (const [target, spoken] of Object.entries(TARGETS)) {
    describe(`a ${client} client and target ${target}, which speaks ${spoken}`, () => {
      for (const [how, ask] of Object.entries({ whole, streamed })) {
        it(`text, ${how}`, async (t) => {
          const proxy = await dialectRig(t, `models: {m: {targets: [${target}/sim-usage-30-7]}}`);

          const told = await ask(proxy);

          assert.equal(told.text, WHOLE_TEXT);
          assert.equal(told.finish, 'stop');
          assert.deepEqual(told.usage, [30, 7]);
          assert.equal(told.headers.get('x-breakwater-target'), `${target}/sim-usage-30-7`);
          assert.equal(told.headers.get('x-breakwater-dropped'), null, 'nothing was left out');
          const sent = proxy.upstreams['abcd'.indexOf(target)]?.requests[0];
          assert.equal(sent?.path, PATHS[spoken]);
          assert.equal(sent.key, `key-${target}`, "the client's key is not for the provider");
          assert.equal(sent.headers['anthropic-version'] !== undefined, spoken === 'messages');
          const [record] = proxy.records;
          assert.deepEqual([record?.usage?.promptTokens, record?.usage?.completionTokens], [30, 7]);
          assert.equal(record?.usage?.estimated, false);
        });

        it(`two tools called at once, ${how}, and their results`, async (t) => {
          const proxy = await dialectRig(t, `models: {m: {targets: [${target}/agent]}}`);
          const upstream = proxy.upstreams['abcd'.indexOf(target)];
          upstream?.script('agent', 'parallel-tools', 'echo');

          const { calls, finish } = await ask(proxy, { tools: true });
          assert.equal(finish, 'tools');
          assert.deepEqual(
            calls.map(({ name }) => name),
            ['weather', 'weather'],
          );
          for (const { args } of calls) assert.equal(typeof (args as { city: unknown }).city, 'string');
          assert.equal(new Set(calls.map(({ id }) => id)).size, 2);

          const { text } = await ask(proxy, { tools: true, turn: { calls, results: ['Rain', 'Sun'] } });
          assert.equal(text, 'Sun', 'the last result was the last thing said');
          const sent = JSON.stringify(upstream?.requests[1]?.body);
          for (const { id } of calls) assert.ok(sent.split(id).length >= 3, 'the call and its result have the id');
        });

        it(`cut at the cap, ${how}`, async (t) => {
          const proxy = await dialectRig(t, `models: {m: {targets: [${target}/sim-length]}}`);
          assert.equal((await ask(proxy)).finish, 'length');
        });
      }
    });
  }

  describe(`a conversation of a ${client} client that changes its target`, () => {
    it('from Anthropic to OpenAI in the middle of a tool call', async (t) => {
      const proxy = await dialectRig(t, 'models: {m: {targets: [a/agent, b/agent, c/agent]}}');
      const [a, b] = proxy.upstreams;
      a?.script('agent', 'parallel-tools');
      b?.script('agent', 'echo');

      const { calls } = await streamed(proxy, { tools: true });
      a?.behave('agent', '529');
      const { text, headers } = await streamed(proxy, { tools: true, turn: { calls, results: ['Rain', 'Sun'] } });

      assert.equal(text, 'Sun');
      assert.equal(headers.get('x-breakwater-target'), 'b/agent');
      assert.equal(headers.get('x-breakwater-status'), 'degraded');
    });
  });
}

/** Each group of what can go wrong before the first token. */
const FAULTS = [
  '500',
  '503',
  '529',
  '429-after-3600s',
  'quota',
  '401',
  '404',
  '502-html',
  'anthropic-529',
  'reset',
  'hang-up',
  'silent',
  'cut-headers',
  'bad-http',
  'html',
  'not-json',
  'empty-body',
  'error-in-200',
  'empty-choices',
  'null-content',
];
const STREAM_FAULTS = [
  'empty-sse',
  'comments-only',
  'error-event-before-delta',
  'cut-at-0',
  'cut-clean-at-0',
  'stall-at-0',
];
const WHOLE_FAULTS = ['cut-at-5', 'reset-at-5', 'cut-clean-at-5', 'stall-at-5'];

for (const client of DIALECTS) {
  const { whole, streamed } = CLIENTS[client];
  const CASES = {
    whole: [whole, [...FAULTS, ...WHOLE_FAULTS]],
    streamed: [streamed, [...FAULTS, ...STREAM_FAULTS]],
  } as const;
  for (const [how, [ask, faults]] of Object.entries(CASES)) {
    describe(`a ${client} client, ${how}: what fails before the first token is answered by the next target`, () => {
      for (const fault of faults) {
        it(fault, async (t) => {
          const proxy = await dialectRig(
            t,
            `models: {m: {targets: [a/sim-${fault}, d/sim-${fault}, b/sim-${fault}, c/sim-ok], retries: {max: 0}, timeouts: {firstToken: 3s, stall: 3s}}}`,
          );

          const told = await ask(proxy);

          assert.equal(told.text, WHOLE_TEXT);
          assert.equal(told.headers.get('x-breakwater-target'), 'c/sim-ok');
          assert.equal(told.headers.get('x-breakwater-status'), 'degraded');
          assert.deepEqual(callsOf(proxy), [1, 1, 1, 1]);
          for (const circuit of proxy.proxy.runtime.gates.circuits.snapshots()) {
            assert.equal(circuit.failures > 0, !circuit.name.startsWith('c/') && countsAsFailure(fault), circuit.name);
          }
        });
      }
    });
  }
}

/** Whether a fault says something about the target's health; a key or a name that is wrong says nothing. */
function countsAsFailure(fault: string): boolean {
  return !['429-after-3600s', 'quota', '401', '404'].includes(fault);
}
