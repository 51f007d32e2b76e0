import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chatCodec } from '../../src/dialects/chat/codec.ts';
import type { Codec } from '../../src/dialects/conversation/codec.ts';
import { messagesCodec } from '../../src/dialects/messages/codec.ts';
import { responsesCodec } from '../../src/dialects/responses/codec.ts';
import { dataOf, readOrFail, translateStream } from './translate.ts';

const ASKED = readOrFail(chatCodec, { model: 'm', messages: [{ role: 'user', content: 'Hi' }], stream: true });
const CLIENTS: readonly Codec[] = [chatCodec, messagesCodec, responsesCodec];

const sse = (events: readonly object[]) =>
  events.map((one) => `${'type' in one ? `event: ${one.type}\n` : ''}data: ${JSON.stringify(one)}\n\n`).join('');

const TEXT = { id: 'msg_1', type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'half of' }] };

/** An answer that ended so, whole and as a stream. */
interface Ended {
  readonly from: Codec;
  readonly whole: object;
  readonly stream: string;
}

function chat(finish_reason: string): Ended {
  const choice = { index: 0, finish_reason };
  return {
    from: chatCodec,
    whole: { id: 'x', choices: [{ ...choice, message: { role: 'assistant', content: 'half of' } }] },
    stream: `${sse([{ id: 'x', choices: [{ ...choice, delta: { content: 'half of' } }] }])}data: [DONE]\n\n`,
  };
}

function messages(stop_reason: string): Ended {
  return {
    from: messagesCodec,
    whole: { id: 'm', content: [{ type: 'text', text: 'half of' }], stop_reason },
    stream: sse([
      { type: 'message_start', message: { id: 'm', model: 'm', usage: {} } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'half of' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason }, usage: { output_tokens: 2 } },
      { type: 'message_stop' },
    ]),
  };
}

function responses(end: object): Ended {
  return {
    from: responsesCodec,
    whole: { id: 'r', output: [TEXT], ...end },
    stream: sse([
      { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'half of' },
      { type: 'response.incomplete', response: { id: 'r', output: [TEXT], ...end } },
    ]),
  };
}

const incomplete = (reason?: string) =>
  responses({ status: 'incomplete', incomplete_details: reason === undefined ? null : { reason } });

const CUT: Readonly<Record<string, Ended>> = {
  'chat length': chat('length'),
  "Mistral's model_length": chat('model_length'),
  "Gemini's MAX_TOKENS": chat('MAX_TOKENS'),
  "Anthropic's max_tokens, passed on": chat('max_tokens'),
  "Anthropic's full window, passed on": chat('model_context_window_exceeded'),
  "Gemini's RECITATION": chat('content_filter: RECITATION'),
  "Gemini's SAFETY": chat('SAFETY'),
  'Messages max_tokens': messages('max_tokens'),
  'Messages full window': messages('model_context_window_exceeded'),
  'Messages pause': messages('pause_turn'),
  "OpenAI's length as a stop reason": messages('length'),
  'Responses cap': incomplete('max_output_tokens'),
  'Responses cap of calls': incomplete('max_tool_calls'),
  'Responses without a reason': incomplete(),
};

/** Ends of a whole answer, in any dialect's words. */
const LOOKS_WHOLE: ReadonlySet<unknown> = new Set(['stop', 'tool_calls', 'end_turn', 'tool_use', 'completed']);

/** How the client's answer says that it ended: its one word for it. */
function endIn(json: unknown): (string | undefined)[] {
  return [...JSON.stringify(json).matchAll(/"(?:finish_reason|stop_reason)":"([^"]*)"/g)].map((match) => match[1]);
}

describe('an answer that was cut short', () => {
  for (const [name, { from, whole, stream }] of Object.entries(CUT)) {
    for (const to of CLIENTS.filter((one) => one !== from)) {
      it(`${name} does not look whole to a ${to.dialect} client`, () => {
        const answer = to.writeAnswer(from.readAnswer({ ...whole }), ASKED, 1) as Record<string, unknown>;
        const ends = to === responsesCodec ? [answer.status] : endIn(answer);
        assert.equal(ends.length, 1);
        assert.ok(!LOOKS_WHOLE.has(ends[0]), `${ends[0]}`);
      });

      it(`${name} does not look whole to a ${to.dialect} client that streams`, () => {
        const data = dataOf(translateStream(from, [Buffer.from(stream)], to, ASKED));
        const last = data
          .filter((one) => one !== '[DONE]')
          .findLast((one) => /_reason":"|"response\.\w+"/.test(JSON.stringify(one)));
        const [end] = to === responsesCodec ? [(last as { type: string }).type.slice('response.'.length)] : endIn(last);
        assert.ok(end !== undefined && !LOOKS_WHOLE.has(end), `${end}`);
      });
    }
  }
});

describe('a stream of Responses that says no more than that it is over', () => {
  for (const to of [chatCodec, messagesCodec]) {
    it(`is ended for a ${to.dialect} client`, () => {
      const stream = sse([
        { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'all of it' },
        { type: 'response.completed' },
      ]);
      const data = dataOf(translateStream(responsesCodec, [Buffer.from(stream)], to, ASKED));
      assert.match(
        JSON.stringify(data),
        to === chatCodec ? /"finish_reason":"stop".*\[DONE\]/ : /end_turn.*message_stop/,
      );
    });
  }
});

describe('a message whose blocks all have the same number', () => {
  it('is written for a Responses client block by block', () => {
    const block = (text: string) => [
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
      { type: 'content_block_stop', index: 0 },
    ];
    const stream = sse([
      { type: 'message_start', message: { id: 'm', model: 'm', usage: {} } },
      ...block('one '),
      ...block('two'),
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
      { type: 'message_stop' },
    ]);

    const data = dataOf(translateStream(messagesCodec, [Buffer.from(stream)], responsesCodec, ASKED));

    const last = data.at(-1) as { type: string; response: { output: { content: { text: string }[] }[] } };
    assert.equal(last.type, 'response.completed');
    assert.deepEqual(
      last.response.output.flatMap(({ content }) => content.map(({ text }) => text)),
      ['one ', 'two'],
    );
  });
});
