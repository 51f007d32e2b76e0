import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { cutPoints } from '../../../src/context/compaction/boundaries.ts';
import { compact } from '../../../src/context/compaction/compact.ts';
import { type CompactionPlan, planCompaction } from '../../../src/context/compaction/plan-compaction.ts';
import { turnKey, turnText } from '../../../src/context/compaction/turn-content.ts';
import { writeCompacted } from '../../../src/context/compaction/write-compacted.ts';
import { codecs } from '../../../src/dialects/codecs.ts';
import type { ChatDialect, Conversation, Turn } from '../../../src/dialects/conversation/request.ts';
import { itemSpans } from '../../../src/dialects/item-spans.ts';
import { isRecord } from '../../../src/failures/json-record.ts';
import { conforms, type SchemaName } from '../../conformance/conforms.ts';
import { read, readBytes, requestOf, steps } from './long-conversations.ts';

const DIALECTS: readonly ChatDialect[] = ['chat', 'messages', 'responses'];
const SCHEMAS: Readonly<Record<ChatDialect, SchemaName>> = {
  chat: 'chat.request',
  messages: 'message.request',
  responses: 'response.request',
};
const MODELS: Readonly<Record<ChatDialect, string>> = {
  chat: 'gpt-5.2',
  messages: 'claude-opus-4-8',
  responses: 'gpt-5.2',
};
const LIMITS = { maxInputTokens: 600, keepTurns: 3, summaryTokens: 40 };

/** A token is four characters here. */
const tokensOf = ({ turns }: Conversation) => ({
  head: 20,
  turns: turns.map((turn) => Math.ceil(turnText(turn).length / 4) + 4),
});

/** Every call that is kept has its results behind it, every result its call before it. */
function groupsWhole({ turns }: Conversation): void {
  const open = new Set<string>();
  for (const { parts } of turns) {
    for (const part of parts) {
      if (part.kind === 'tool-call') open.add(part.id);
      else if (part.kind === 'tool-result') assert.ok(open.delete(part.callId), `${part.callId} has lost its call`);
    }
  }
  assert.deepEqual([...open], [], 'calls have lost their results');
}

function itemsOf(dialect: ChatDialect, json: object): readonly unknown[] {
  const items: unknown = isRecord(json) ? (dialect === 'responses' ? json.input : json.messages) : undefined;
  assert.ok(Array.isArray(items));
  return items;
}

describe('a compacted conversation', () => {
  for (const dialect of DIALECTS) {
    it(`${dialect}: has whole groups of calls, valid roles, and its last turns byte for byte`, () => {
      let compacted = 0;
      fc.assert(
        fc.property(steps, fc.option(fc.constant('Be brief.'), { nil: undefined }), (all, system) => {
          const { conversation, body } = read(dialect, requestOf(dialect, all, system));
          assert.deepEqual(conforms(SCHEMAS[dialect], body.json), [], 'the original is no valid request');
          const plan = planCompaction(conversation, tokensOf(conversation), LIMITS);
          if (plan.kind === 'none') return;
          compacted++;
          const [, to] = plan.replace;
          assert.ok(to <= conversation.turns.length - LIMITS.keepTurns);
          const bytes = writeCompacted(body, conversation, to, 'It went well.');
          assert.ok(bytes !== undefined);
          const short = readBytes(dialect, bytes);
          assert.deepEqual(conforms(SCHEMAS[dialect], short.body.json), []);
          groupsWhole(short.conversation);

          // The tail is the client's own bytes; so is all around the items.
          const array = body.spans(dialect === 'responses' ? 'input' : 'messages')[0];
          assert.ok(array !== undefined);
          const spans = itemSpans(body.bytes, array);
          const place = conversation.turns[to]?.at ?? '';
          const kept = spans?.[Number(/\d+/.exec(place)?.[0])]?.start;
          assert.ok(
            kept !== undefined && bytes.subarray(-(body.bytes.length - kept)).equals(body.bytes.subarray(kept)),
          );
          assert.ok(bytes.indexOf(body.bytes.subarray(0, array.start)) === 0);

          // What is written for another dialect is the same conversation.
          const own = compact(conversation, to, 'It went well.');
          assert.equal(own.turns.at(-1), conversation.turns.at(-1));
          assert.deepEqual(own.turns.map(turnKey), short.conversation.turns.map(turnKey));
          for (const other of DIALECTS) {
            const options = { model: MODELS[other], defaultMaxTokens: 100, prefill: undefined };
            const { json } = codecs[other].writeRequest(own, options);
            assert.deepEqual(conforms(SCHEMAS[other], JSON.parse(JSON.stringify(json))), [], `as ${other}`);
          }
          const roles = itemsOf(dialect, short.body.json).map((item) => (isRecord(item) ? item.role : undefined));
          const first = roles.find((role) => role !== 'system' && role !== 'developer');
          assert.equal(first, 'user');
          if (dialect === 'messages')
            for (const [index, role] of roles.entries()) assert.equal(role, index % 2 === 0 ? 'user' : 'assistant');
          assert.ok(plan.tokensAfter < plan.tokens);
        }),
        // A shorter example would take minutes to find.
        { numRuns: 100, endOnFailure: true },
      );
      assert.ok(compacted > 20, `only ${compacted} were long enough`);
    });
  }

  it('keeps what the developer said amid the turns that give way', () => {
    const said = Array.from({ length: 20 }, (_, index) => ({
      question: `Question ${index} ${'x'.repeat(400)}`,
      instruction: index === 1 ? 'Never delete files.' : undefined,
      picture: false,
      thought: false,
      marked: false,
      calls: [],
      answer: 'Yes.',
    }));
    for (const dialect of ['chat', 'responses'] as const) {
      const { conversation, body } = read(dialect, requestOf(dialect, said, 'Be brief.'));
      const to = cutOf(planCompaction(conversation, tokensOf(conversation), LIMITS));
      const short = readBytes(dialect, writeCompacted(body, conversation, to, 'So far so good.') ?? Buffer.alloc(0));
      assert.deepEqual(
        short.conversation.turns.slice(0, 3).map(({ role }) => role),
        ['user', 'developer', 'assistant'],
      );
      assert.equal(turnText(short.conversation.turns[1] ?? { parts: [] }), 'Never delete files.');
      assert.equal(short.conversation.instructions.length, 1);
      assert.match(turnText(short.conversation.turns[0] ?? { parts: [] }), /Question 0.*So far so good\./s);
    }
  });

  it('hands a cache mark among the turns that give way on to the summary', () => {
    const said = Array.from({ length: 12 }, (_, index) => ({
      question: `Question ${index} ${'x'.repeat(400)}`,
      instruction: undefined,
      picture: false,
      thought: true,
      marked: index === 2,
      calls: [],
      answer: 'Yes.',
    }));
    const { conversation, body } = read('messages', requestOf('messages', said, undefined));
    const to = cutOf(planCompaction(conversation, tokensOf(conversation), LIMITS));
    const text = String(writeCompacted(body, conversation, to, 'Fine.'));
    assert.equal(text.split('"cache_control"').length, 3);
    assert.match(text, /"sig-11=="/);
  });
});

describe('a conversation is left alone', () => {
  const long = Array.from({ length: 30 }, (_, index) => ({
    question: `Question ${index} ${'x'.repeat(200)}`,
    instruction: undefined,
    picture: false,
    thought: false,
    marked: false,
    calls: [],
    answer: 'Yes.',
  }));
  const planOf = (dialect: ChatDialect, request: object): CompactionPlan => {
    const { conversation } = read(dialect, request);
    return planCompaction(conversation, tokensOf(conversation), LIMITS);
  };
  const responses = requestOf('responses', long, undefined) as { input: object[] };
  const messages = requestOf('messages', long, undefined) as { messages: object[] };

  it('while there is room', () => {
    assert.deepEqual(planOf('chat', requestOf('chat', long.slice(0, 3), undefined)).kind, 'none');
    assert.equal(planOf('responses', responses).kind, 'compact');
    assert.equal(planOf('messages', messages).kind, 'compact');
  });

  for (const [name, dialect, request] of [
    ['an earlier response', 'responses', { ...responses, previous_response_id: 'resp_1' }],
    ['a stored conversation', 'responses', { ...responses, conversation: 'conv_1' }],
    [
      'an item by reference',
      'responses',
      {
        ...responses,
        input: [...responses.input.slice(0, 40), { type: 'item_reference', id: 'm' }, ...responses.input.slice(40)],
      },
    ],
    ['the provider shortens it', 'responses', { ...responses, truncation: 'auto' }],
    ['the provider edits it', 'messages', { ...messages, context_management: { edits: [] } }],
  ] as const) {
    it(`where it names ${name}`, () => {
      const plan = planOf(dialect, request);
      assert.deepEqual([plan.kind, plan.kind === 'none' && plan.why], ['none', 'unfit']);
    });
  }

  it('from the first part on that only its own dialect understands', () => {
    const search = { type: 'server_tool_use', id: 's', name: 'web_search', input: {} };
    const found = { type: 'web_search_tool_result', tool_use_id: 's', content: [] };
    const withSearch = (at: number) => {
      const items = [...messages.messages];
      items[at] = { role: 'assistant', content: [search, found, { type: 'text', text: 'Found.' }] };
      return planOf('messages', { ...messages, messages: items });
    };
    assert.equal(withSearch(1).kind, 'none');
    assert.ok(cutOf(withSearch(21)) <= 21);
  });

  it('where its items cannot be told apart', () => {
    const { conversation, body } = read('chat', requestOf('chat', long, undefined));
    const twice = Buffer.concat([body.bytes.subarray(0, -1), Buffer.from(',"messages":[]}')]);
    const members = readBytes('chat', twice).body;
    assert.equal(writeCompacted(members, conversation, 10, 'x'), undefined);
  });
});

describe('the points where a conversation may be cut', () => {
  const call = (...ids: string[]): Turn => ({
    role: 'assistant',
    parts: ids.map((id) => ({ kind: 'tool-call', id, name: 'f', arguments: '{}', type: 'function' })),
  });
  const result = (...ids: string[]): Turn => ({
    role: 'user',
    parts: ids.map((callId) => ({ kind: 'tool-result', callId, content: [], isError: false, type: 'function' })),
  });
  const say = (role: Turn['role']): Turn => ({ role, parts: [{ kind: 'text', text: 'x' }] });
  const opaque: Turn = { role: 'assistant', parts: [{ kind: 'opaque', dialect: 'messages', type: 'x', value: {} }] };
  for (const [name, turns, points] of [
    ['before every message of either', [say('user'), say('assistant'), say('user')], [0, 1, 2]],
    ['not between a call and its result', [say('user'), call('a'), result('a'), call('b'), result('b')], [0, 1, 3]],
    [
      'not amid the results of calls made together',
      [call('a', 'b'), result('a'), say('user'), result('b'), say('user')],
      [0, 4],
    ],
    [
      'not before a result that comes late',
      [call('a'), say('user'), say('assistant'), result('a'), say('assistant')],
      [0, 4],
    ],
    [
      'by the latest call, where ids are used again',
      [call('a'), result('a'), call('a'), result('a'), say('user')],
      [0, 2, 4],
    ],
    ['not before what the system says', [say('user'), say('system'), say('user')], [0, 2]],
    ['not behind what only its dialect understands', [say('user'), opaque, say('user'), say('assistant')], [0, 1]],
  ] as const) {
    it(name, () =>
      assert.deepEqual(
        cutPoints(turns).flatMap((may, index) => (may ? [index] : [])),
        points,
      ),
    );
  }
});

function cutOf(plan: CompactionPlan): number {
  assert.equal(plan.kind, 'compact');
  return plan.kind === 'compact' ? plan.replace[1] : 0;
}

it('item spans are the items of any JSON array', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue({ maxDepth: 3 })), fc.constantFrom(undefined, 1), (items, indent) => {
      const bytes = Buffer.from(JSON.stringify(items, null, indent));
      const spans = itemSpans(bytes, { start: 0, end: bytes.length });
      const texts = spans?.map(({ start, end }) => JSON.parse(bytes.toString('utf8', start, end)));
      assert.deepEqual(texts, JSON.parse(bytes.toString()));
    }),
  );
  assert.equal(itemSpans(Buffer.from('"[]"'), { start: 0, end: 4 }), undefined);
});
