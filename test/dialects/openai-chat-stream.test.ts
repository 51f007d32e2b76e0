import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type ChatChunk,
  type Glance,
  glanceBytes,
  glanceChunk,
  readChunk,
} from '../../src/dialects/openai-chat-stream.ts';
import { NO_TOKENS } from '../../src/dialects/reported-tokens.ts';
import { CHUNKS } from './chat-chunks.ts';
import { anyJson } from './json-texts.ts';
import { blocksOf } from './sse-streams.ts';

const read = (data: string): ChatChunk => readChunk(Buffer.from(data));

function glance(data: string): Glance {
  const bytes = Buffer.from(data);
  return glanceBytes(bytes, 0, bytes.length);
}

/** What a glance may say of a chunk that reads as this. */
function allowed(chunk: ChatChunk): readonly Glance[] {
  if (chunk.kind === 'done' || chunk.kind === 'malformed') return [chunk.kind];
  if (chunk.kind === 'error') return ['error', 'finish', 'unclear'];
  if (chunk.kind === 'finish') return ['finish', 'error', 'unclear'];
  if (chunk.usage !== undefined) return ['usage', 'finish', 'error', 'unclear'];
  return ['other', 'usage', 'finish', 'error', 'unclear'];
}

describe('readChunk tells what an event is', () => {
  for (const [what, kind, data] of CHUNKS) it(`${what}: ${kind}`, () => assert.equal(read(data).kind, kind));
});

describe('glanceChunk never overlooks what must be read', () => {
  for (const [what, , data] of CHUNKS) {
    it(what, () => assert.ok(allowed(read(data)).includes(glance(data)), glance(data)));
  }

  it('whatever the event holds', () => {
    const choice = fc.record(
      {
        index: fc.nat(2),
        finish_reason: fc.constantFrom(null, '', 'stop', 'error', 1),
        delta: fc.oneof(
          anyJson.value,
          fc.record({ content: fc.string(), error: fc.anything(), finish_reason: fc.string() }),
        ),
        text: fc.string(),
      },
      { requiredKeys: [] },
    );
    const event = fc.record(
      {
        choices: fc.oneof(fc.array(choice, { maxLength: 3 }), anyJson.value),
        usage: fc.constantFrom(null, {}, 1, { prompt_tokens: 1 }, { completion_tokens: 2 }),
        error: fc.constantFrom(null, '', 'boom', {}, { message: 'boom' }, 0, false, []),
        message: fc.constantFrom('', 'boom', null, {}),
        detail: fc.constantFrom(null, 'boom', []),
        object: fc.constantFrom('error', 'chat.completion.chunk'),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(event, fc.constantFrom('', ' ', '\t'), (value, space) => {
        const data = JSON.stringify(value, undefined, space);
        assert.ok(allowed(read(data)).includes(glance(data)), `${read(data).kind} looks like ${glance(data)}`);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('glanceChunk spares the reading of what need not be read', () => {
  for (const [what, kind, data] of CHUNKS) {
    const plain = (kind === 'delta' || kind === 'quiet') && read(data).usage === undefined;
    if (plain) it(what, () => assert.equal(glance(data), 'other'));
  }

  it('and looks at the data of its event only', () => {
    const events = blocksOf([Buffer.from('data: {"choices":[]}\n\ndata: {"error":{}}\n\ndata: {"a":\ndata: 1}\n\n')]);
    assert.deepEqual(events.map(glanceChunk), ['other', 'error', 'other']);
  });
});

describe('readChunk gives what is in the event', () => {
  it('names, text and reasoning', () => {
    const chunk = read(
      '{"id":"c1","model":"m","choices":[{"index":0,"delta":{"content":"a","reasoning_content":"r"}},{"index":1,"delta":{"content":"b"}}]}',
    );
    assert.deepEqual([chunk.id, chunk.model, chunk.text, chunk.reasoning, chunk.choices], ['c1', 'm', 'ab', 'r', 2]);
    assert.equal(chunk.hasToolCalls, false);
  });

  it('each finish with its choice', () => {
    const chunk = read(
      '{"choices":[{"index":1,"finish_reason":"stop"},{"index":0,"finish_reason":null},{"finish_reason":"length"}]}',
    );
    assert.deepEqual(chunk.finishes, [
      { index: 1, reason: 'stop' },
      { index: 2, reason: 'length' },
    ]);
  });

  it('usage with its details', () => {
    const usage =
      '{"prompt_tokens":9,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":3}}';
    const expected = { ...NO_TOKENS, promptTokens: 9, completionTokens: 5, cachedTokens: 4, reasoningTokens: 3 };
    assert.deepEqual(read(`{"choices":[],"usage":${usage}}`).usage, expected);
    assert.deepEqual(read(`{"choices":[],"x_groq":{"usage":${usage}}}`).usage, expected);
  });

  it('no usage where nothing is counted, and no count that is none', () => {
    assert.equal(read('{"usage":{}}').usage, undefined);
    assert.equal(read('{"usage":{"total_tokens":5}}').usage, undefined);
    assert.equal(read('{"usage":{"prompt_tokens":"5"}}').usage, undefined);
    assert.deepEqual(read('{"usage":{"prompt_tokens":-5,"completion_tokens":1.9}}').usage, {
      ...NO_TOKENS,
      completionTokens: 1,
    });
  });

  it('an error as a body to classify, wherever it stood', () => {
    assert.deepEqual(read('{"error":{"code":5}}').error, { error: { code: 5 } });
    assert.deepEqual(read('{"choices":[{"finish_reason":"error","error":{"code":5}}]}').error, { error: { code: 5 } });
    assert.deepEqual(read('{"object":"error","message":"boom"}').error, { object: 'error', message: 'boom' });
  });
});
