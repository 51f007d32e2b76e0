import assert from 'node:assert/strict';
import { it } from 'node:test';
import { conforms, type SchemaName } from '../conformance/conforms.ts';
import { CLIENTS, DIALECTS, type DialectName, postTo } from './dialect-clients.ts';
import { dialectRig } from './dialect-rig.ts';
import { dataOf } from './stream-reading.ts';

const BEHAVIOURS = [
  'ok',
  'tools',
  'parallel-tools',
  'thinking',
  'thinking-tools',
  'bad-tool-args',
  'refusal',
  'length',
  'filtered',
  'usage-30-7-cached-10',
  'split-emoji',
  'no-done',
  'x1',
];

/** The schemas of a whole answer and of an event. */
const SCHEMAS: Readonly<Record<DialectName, readonly [SchemaName, SchemaName]>> = {
  chat: ['chat.completion', 'chat.completion.chunk'],
  messages: ['message', 'message.event'],
  responses: ['response', 'response.event'],
};
const SPOKEN: Readonly<Record<string, DialectName>> = { a: 'messages', b: 'chat', c: 'chat', d: 'responses' };
const PARAMETERS = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const TOOLS: Readonly<Record<DialectName, object>> = {
  chat: {
    tools: [{ type: 'function', function: { name: 'weather', parameters: PARAMETERS } }],
    stream_options: { include_usage: true },
  },
  messages: { tools: [{ name: 'weather', input_schema: PARAMETERS }] },
  responses: { tools: [{ type: 'function', name: 'weather', parameters: PARAMETERS, strict: null }] },
};

for (const client of DIALECTS) {
  const { path, fields } = CLIENTS[client];
  const [answer, event] = SCHEMAS[client];
  for (const [target, spoken] of Object.entries(SPOKEN)) {
    if (spoken === client) continue;
    for (const behaviour of BEHAVIOURS) {
      it(`sim-${behaviour} of ${target} (${spoken}) fits the schema of ${client}, whole and streamed`, async (t) => {
        const proxy = await dialectRig(t, `models: {m: {targets: [${target}/sim-${behaviour}]}}`);
        const request = { model: 'm', ...fields, ...TOOLS[client] };
        const { stream_options: _, ...unstreamed } = request as typeof request & { stream_options?: object };

        const whole = await postTo(proxy, path, unstreamed);
        assert.deepEqual(conforms(answer, await whole.json()), []);

        const streamed = await (await postTo(proxy, path, { ...request, stream: true })).text();
        const events = dataOf(streamed).filter((data) => data !== '[DONE]');
        for (const data of events) {
          if (data !== '{"type":"ping"}' && data !== '{"type": "ping"}')
            assert.deepEqual(conforms(event, JSON.parse(data)), [], data);
        }
        assert.ok(events.length >= 3);
        // Named events are named as their data says.
        for (const [, name, type] of streamed.matchAll(/^event: (\S+)\ndata: \{"type": ?"([^"]+)"/gm))
          assert.equal(name, type);
      });
    }
  }
}
