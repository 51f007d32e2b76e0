import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { codecs } from '../../../src/dialects/codecs.ts';
import type { ChatDialect } from '../../../src/dialects/conversation/request.ts';
import { semanticQuestion } from '../../../src/proxy/semantic-question.ts';

function questionOf(dialect: ChatDialect, body: Record<string, unknown>, stored = false) {
  const conversation = codecs[dialect].readRequest({ model: 'm', ...body });
  assert.ok(!('mistake' in conversation));
  return semanticQuestion(conversation, stored);
}

const ASKED = { role: 'user', content: 'Who was it?' };

test('earlier turns are counted, a system prompt is none', () => {
  const said = (...roles: string[]) => [...roles.map((role) => ({ role, content: 'Hello.' })), ASKED];
  assert.equal(questionOf('chat', { messages: said('system', 'developer') }).earlierTurns, 0);
  assert.equal(questionOf('chat', { messages: said('user') }).earlierTurns, 1);
  assert.equal(questionOf('chat', { messages: said('system', 'user', 'assistant', 'system') }).earlierTurns, 3);
  assert.equal(questionOf('messages', { max_tokens: 1, messages: said('user', 'assistant') }).earlierTurns, 2);
  assert.equal(questionOf('responses', { input: said('user', 'assistant') }).earlierTurns, 2);
});

describe('what a provider runs or looks up by itself is a tool', () => {
  const bodies: readonly (readonly [ChatDialect, string, unknown])[] = [
    ['chat', 'web_search_options', {}],
    ['chat', 'search_parameters', { mode: 'auto' }],
    ['chat', 'plugins', [{ id: 'web' }]],
    ['chat', 'enable_search', true],
    ['chat', 'functions', [{ name: 'f', parameters: {} }]],
    ['messages', 'mcp_servers', [{ type: 'url', name: 'x', url: 'https://x.example.com' }]],
    ['messages', 'container', 'container_1'],
  ];
  for (const [dialect, name, value] of bodies)
    test(`${dialect}: ${name}`, () => {
      assert.equal(questionOf(dialect, { max_tokens: 1, messages: [ASKED], [name]: value }).tools, true);
    });

  test('but not what says that there is none', () => {
    const none = { plugins: [], enable_search: false, web_search_options: null };
    assert.equal(questionOf('chat', { messages: [ASKED], ...none }).tools, false);
  });
});

test('a new field of a conversation is an error of the compiler', () => {
  const nothingIn = (_rest: Readonly<Record<string, never>>): void => {};
  const { known: _, ...rest } = { known: 1 };
  nothingIn(rest);
  const { known: __, ...more } = { known: 1, forgotten: 2 };
  // @ts-expect-error: a field was left
  nothingIn(more);
});
