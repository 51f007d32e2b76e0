import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnswerEvent } from '../../src/dialects/conversation/answer.ts';
import { outputEstimate } from '../../src/dialects/output-estimate.ts';
import { UsageEstimate } from '../../src/proxy/usage-estimate.ts';
import { CLIENTS, DIALECTS, WHOLE_TEXT } from '../chaos/dialect-clients.ts';
import { rig } from '../chaos/rig.ts';

const START: AnswerEvent = { kind: 'start', id: 'x', model: 'm', created: undefined, usage: undefined };
const TEXT: AnswerEvent = { kind: 'text', block: 0, text: 'a' };
const USAGE: AnswerEvent = {
  kind: 'usage',
  usage: { prompt: 1, completion: 1, cacheRead: 0, cacheWritten: 0, reasoning: 0 },
};
const END: AnswerEvent = { kind: 'end' };

test('counts that came are left as they are', () => {
  const estimate = new UsageEstimate({});
  const told = [[START], [TEXT], [USAGE, END]].flatMap((events) => estimate.follow(events));
  assert.deepEqual(told, [START, TEXT, USAGE, END]);
  assert.deepEqual(estimate.missing(), []);
});

for (const [how, last] of [
  ['before the end', [END]],
  ['where the end never came', []],
] as const) {
  test(`counts that never came are estimated once, ${how}`, () => {
    const estimate = new UsageEstimate({ messages: [{ content: 'ten tokens'.repeat(4) }] });
    const told = [[START], [TEXT, TEXT], [{ kind: 'arguments', block: 1, text: '{' } as const], last].flatMap(
      (events) => estimate.follow(events),
    );
    told.push(...estimate.missing());
    assert.deepEqual(
      told.flatMap((event) => (event.kind === 'usage' ? [[event.usage.prompt, event.usage.completion]] : [])),
      [[10, 3]],
    );
    if (last.length > 0) assert.equal(told.at(-1), END);
  });
}

for (const client of DIALECTS) {
  for (const how of ['streamed', 'whole'] as const)
    test(`a ${client} client of a server that counts nothing is told what was seen, ${how}`, async (t) => {
      const it = await rig(t, {
        upstreams: [{}],
        // It gets no stream_options, and the simulator counts only when it is asked to.
        providers: 'providers: {a: {baseUrl: up(a), apiKey: key-a, streamUsage: false}}\n',
        config: 'models: {m: {targets: [a/sim-no-usage]}}',
      });

      const told = await CLIENTS[client][how](it);

      assert.equal(told.text, WHOLE_TEXT);
      const [prompt, completion] = told.usage;
      if (client === 'chat') {
        assert.deepEqual([prompt, completion], [0, 0], 'its own dialect may leave them out, and passes as it is');
      } else {
        assert.ok(prompt >= 1 && prompt < 40, `${prompt} tokens of input`);
        assert.ok(completion >= 30 && completion <= 45, `${completion} tokens of output`);
      }
      const { usage } = it.records[0] ?? {};
      assert.equal(usage?.estimated, true);
      assert.ok((usage?.completionTokens ?? 0) >= 30, 'and it is what is charged');
    });
}

for (const [wire, json, tokens] of [
  ['chat', { choices: [{ message: { content: 'eight by', reasoning_content: 'four' }, finish_reason: 'stop' }] }, 3],
  [
    'chat',
    {
      choices: [
        { message: { tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }] } },
        { message: { content: 'four' } },
      ],
    },
    3,
  ],
  ['messages', { content: [{ type: 'text', text: 'eight by' }], stop_reason: 'end_turn' }, 2],
  ['completions', { choices: [{ text: 'four' }, { text: '' }] }, 1],
  ['embeddings', { data: [{ embedding: [1, 2, 3] }] }, 0],
  ['chat', 'no JSON', 0],
] as const) {
  test(`the tokens of an answer in ${wire} are estimated by its text: ${tokens}`, () => {
    assert.equal(outputEstimate(wire, json), tokens);
  });
}
