import assert from 'node:assert/strict';
import { test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { CLIENTS, DIALECTS, type DialectName, WHOLE_TEXT } from './dialect-clients.ts';
import { type Rig, rig } from './rig.ts';

const REQUESTS = 400;
/** Clients at a time, each asking one after another. */
const AT_ONCE = 8;
const TIMEOUTS = 'timeouts: {connect: 60s, firstToken: 10s, stall: 1s, total: 60s}';

const TRANSIENT = ['500', '502-html', '503', '529', '429', 'reset', 'hang-up', 'html', 'empty-body', 'null-content'];
const BROKEN = ['cut', 'cut-clean', 'stall', 'error-event', 'error-event-before-delta', 'no-finish', 'bad-json-event'];

async function askOnce(proxy: Rig, client: DialectName, how: 'whole' | 'streamed') {
  try {
    const { text, finish } = await CLIENTS[client][how](proxy);
    return text === WHOLE_TEXT && finish === 'stop' ? 'whole' : 'wrong';
  } catch (error) {
    if (error instanceof OpenAI.APIError || error instanceof Anthropic.APIError) return 'told';
    throw error;
  }
}

for (const client of DIALECTS) {
  for (const commit of ['first-delta', 'complete']) {
    test(`a third of all tries fails at random, in three dialects: no wrong answer reaches a ${client} client (commit ${commit})`, async (t) => {
      const simulator = { faults: 0.3, faultKinds: [...TRANSIENT, ...BROKEN], keep: 100 };
      const proxy = await rig(t, {
        upstreams: [11, 12, 13].map((seed) => ({ ...simulator, seed })),
        providers: `providers:
  a: {baseUrl: up(a), apiKey: key-a, dialect: anthropic}
  b: {baseUrl: up(b), apiKey: key-b}
  c: {baseUrl: up(c), apiKey: key-c, speaks: [responses]}
`,
        config: `models: {m: {targets: [a/sim-ok, b/sim-ok, c/sim-ok], ${TIMEOUTS}, stream: {commit: ${commit}}}}`,
      });
      const seen = { whole: 0, told: 0, wrong: 0 };
      let asked = 0;

      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          while (asked++ < REQUESTS) seen[await askOnce(proxy, client, asked % 2 === 0 ? 'whole' : 'streamed')]++;
        }),
      );

      assert.equal(seen.wrong, 0, JSON.stringify(seen));
      assert.equal(seen.whole + seen.told, REQUESTS);
      if (commit === 'complete') assert.ok(seen.whole >= REQUESTS * 0.99, JSON.stringify(seen));
      else assert.ok(seen.told > 0, 'some streams did break');
    });
  }
}
