import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CLIENTS, DIALECTS, type DialectName, postTo } from './dialect-clients.ts';
import { callsOf, dialectRig } from './dialect-rig.ts';
import type { Rig } from './rig.ts';
import { dataOf } from './stream-reading.ts';

const SCHEMA = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
};

/** The request's own way to ask for JSON of a schema. */
const FORMAT: Readonly<Record<DialectName, object>> = {
  chat: { response_format: { type: 'json_schema', json_schema: { name: 'place', schema: SCHEMA, strict: true } } },
  messages: { output_config: { format: { type: 'json_schema', schema: SCHEMA } } },
  responses: { text: { format: { type: 'json_schema', name: 'place', schema: SCHEMA, strict: true } } },
};
const TOOLS: Readonly<Record<DialectName, object>> = {
  chat: { tools: [{ type: 'function', function: { name: 'weather', parameters: SCHEMA } }] },
  messages: { tools: [{ name: 'weather', input_schema: SCHEMA }] },
  responses: { tools: [{ type: 'function', name: 'weather', parameters: SCHEMA, strict: true }] },
};
const SPOKEN: Readonly<Record<string, DialectName>> = { a: 'messages', b: 'chat', d: 'responses' };

const ask = (proxy: Rig, client: DialectName, fields: object) =>
  postTo(proxy, CLIENTS[client].path, { model: 'm', ...CLIENTS[client].fields, ...fields });

/** Every text in an answer's JSON, whole or streamed. */
function textIn(client: DialectName, json: unknown): string {
  switch (client) {
    case 'chat': {
      const [choice] = (json as { choices: { message?: { content: string }; delta?: { content?: string } }[] }).choices;
      return choice?.message?.content ?? choice?.delta?.content ?? '';
    }
    case 'messages': {
      const { content, delta } = json as { content?: { text?: string }[]; delta?: { text?: string } };
      return content?.map(({ text }) => text ?? '').join('') ?? delta?.text ?? '';
    }
    case 'responses': {
      const { output, delta } = json as { output?: { content?: { text?: string }[] }[]; delta?: string };
      return output?.flatMap(({ content = [] }) => content.map(({ text }) => text)).join('') ?? delta ?? '';
    }
  }
}

for (const client of DIALECTS) {
  for (const [target, spoken] of Object.entries(SPOKEN)) {
    describe(`a ${client} client asks target ${target} (${spoken}) for JSON of a schema`, () => {
      it('by the mechanism of the target, and the answer fits', async (t) => {
        const proxy = await dialectRig(t, `models: {m: {targets: [${target}/sim-ok]}}`);
        const response = await ask(proxy, client, FORMAT[client]);
        const answer: unknown = JSON.parse(textIn(client, await response.json()));
        assert.deepEqual(Object.keys(answer as object), ['city']);
        assert.equal(response.headers.get('x-breakwater-dropped'), null);
        const sent = proxy.upstreams['abcd'.indexOf(target)]?.requests[0]?.body as Record<string, unknown>;
        const [member = ''] = Object.keys(FORMAT[spoken]);
        assert.ok(JSON.stringify(sent[member]).includes(JSON.stringify(SCHEMA.properties)), `no schema in ${member}`);
      });

      for (const stream of [false, true]) {
        it(`and what does not fit is answered by the next target${stream ? ' (streamed)' : ''}`, async (t) => {
          const proxy = await dialectRig(
            t,
            `models: {m: {targets: [${target}/sim-wrong-json, c/sim-ok], retries: {max: 0}, validate: [json-schema], stream: {commit: complete}}}`,
          );
          const response = await ask(proxy, client, { ...FORMAT[client], stream });
          assert.equal(response.headers.get('x-breakwater-target'), 'c/sim-ok');
          const body = await response.text();
          const parts = stream ? dataOf(body).filter((data) => data !== '[DONE]') : [body];
          const deltas =
            client === 'responses' && stream ? parts.filter((data) => data.includes('text.delta"')) : parts;
          const text = deltas.map((part) => textIn(client, JSON.parse(part))).join('');
          assert.deepEqual(Object.keys(JSON.parse(text) as object), ['city']);
        });

        it(`and so are calls with broken arguments${stream ? ' (streamed)' : ''}`, async (t) => {
          const proxy = await dialectRig(
            t,
            `models: {m: {targets: [${target}/sim-bad-tool-args, c/sim-tools], retries: {max: 0}, validate: [tool-arguments], stream: {commit: complete}}}`,
          );
          const response = await ask(proxy, client, { ...TOOLS[client], stream });
          assert.equal(response.headers.get('x-breakwater-target'), 'c/sim-tools');
          await response.text();
          assert.equal(callsOf(proxy)[2], 1);
        });
      }

      it('and an answer that fits passes the check', async (t) => {
        const proxy = await dialectRig(
          t,
          `models: {m: {targets: [${target}/sim-ok, c/sim-ok], validate: [json-schema, tool-arguments, repetition], stream: {commit: complete}}}`,
        );
        for (const stream of [false, true]) {
          const response = await ask(proxy, client, { ...FORMAT[client], ...TOOLS[client], stream });
          assert.equal(response.headers.get('x-breakwater-target'), `${target}/sim-ok`);
          await response.text();
        }
      });
    });
  }
}
