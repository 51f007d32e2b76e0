import type { Answer, Usage } from './answer.ts';
import type { Wire } from './behaviour.ts';
import type { Call } from './call.ts';
import type { Dialect, Identity, StreamScript } from './dialect.ts';
import { OPENAI_ERROR_EVENT, openAIErrors } from './openai-error.ts';
import { readChatCall, readTextCall } from './openai-request.ts';
import { joinTokens, type Tokens } from './words.ts';

const FINGERPRINT = '"service_tier":"default","system_fingerprint":"fp_simulator"';
const DONE = 'data: [DONE]\n\n';
const MALFORMED_EVENT = 'data: {"id":"chatcmpl-broken","choices":[{"index":0,"del\n\n';

const quote = JSON.stringify;

/** OpenAI Chat Completions. Written by hand, not serialised: the same few strings over and over. */
export const openAIChat: Dialect = {
  kind: 'text',
  read: readChatCall,

  whole(identity, answer, usage) {
    const thoughts = answer.thoughts === undefined ? '' : `"reasoning_content":${quote(joinTokens(answer.thoughts))},`;
    const choices =
      answer.kind === 'tools'
        ? `{"index":0,"message":{"role":"assistant",${thoughts}"content":null,"tool_calls":[${answer.calls
            .map(
              (call) =>
                `{"id":"call_${call.id}","type":"function","function":${toolFunction(call.name, call.parts.join(''))}}`,
            )
            .join(',')}],"refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"${answer.finish}"}`
        : joined(answer.texts, (text, index) => {
            const said = quote(joinTokens(text));
            const content = answer.kind === 'refusal' ? `null,"refusal":${said}` : `${said},"refusal":null`;
            return `{"index":${index},"message":{"role":"assistant",${thoughts}"content":${content},"annotations":[]},"logprobs":null,"finish_reason":"${answer.finish}"}`;
          });
    return `{${identityFields(identity, 'chat.completion')},"choices":[${choices}],${usageField(usage)}${FINGERPRINT}}`;
  },

  stream(identity, call, answer, usage, wire) {
    const before = `data: {${identityFields(identity, 'chat.completion.chunk')},${FINGERPRINT},"choices":[`;
    const after = endOfChunk(call, wire);
    const event = (index: number, delta: string, finish = 'null') =>
      `${before}{"index":${index},"delta":${delta},"logprobs":null,"finish_reason":${finish}}${after}`;
    const choices = Array.from({ length: answer.kind === 'tools' ? 1 : answer.texts.length }, (_, i) => i);
    return {
      opening: () => choices.map((i) => event(i, OPENING_DELTA[answer.kind])).join(''),
      ...withThoughts(answer, event, chatTokens(answer, event)),
      ending: () =>
        ending(
          wire,
          choices.map((i) => event(i, '{}', `"${answer.finish}"`)),
          usageEvent(before, call, usage),
        ),
      terminator: () => DONE,
      error: () => OPENAI_ERROR_EVENT,
    };
  },

  ...openAIErrors,
  malformedEvent: MALFORMED_EVENT,

  hollow(kind, identity, stream) {
    const object = stream ? 'chat.completion.chunk' : 'chat.completion';
    const part = stream
      ? '"delta":{"role":"assistant","content":null}'
      : '"message":{"role":"assistant","content":null}';
    const choice = kind === 'empty-choices' ? '' : `{"index":0,${part},"logprobs":null,"finish_reason":"stop"}`;
    const body = `{${identityFields(identity, object)},"choices":[${choice}]}`;
    return stream ? `data: ${body}\n\n${DONE}` : body;
  },
};

/** OpenAI's legacy text completions. */
export const openAIText: Dialect = {
  kind: 'text',
  read: readTextCall,

  whole(identity, answer, usage) {
    const choices = joined(
      textsOf(answer),
      (text, index) =>
        `{"text":${quote(joinTokens(text))},"index":${index},"logprobs":null,"finish_reason":"${legacyFinish(answer)}"}`,
    );
    const fields = identityFields(identity, 'text_completion');
    return `{${fields},"choices":[${choices}],${usageField(usage)}"system_fingerprint":"fp_simulator"}`;
  },

  stream(identity, call, answer, usage, wire) {
    const before = `data: {${identityFields(identity, 'text_completion')},"choices":[`;
    const after = endOfChunk(call, wire);
    const texts = textsOf(answer);
    const event = (index: number, text: string, finish: string) =>
      `${before}{"text":${quote(text)},"index":${index},"logprobs":null,"finish_reason":${finish}}${after}`;
    return {
      opening: () => '',
      ...interleaved(texts, (choice, token) => event(choice, token, 'null')),
      ending: () =>
        ending(
          wire,
          texts.map((_, index) => event(index, '', `"${legacyFinish(answer)}"`)),
          usageEvent(before, call, usage),
        ),
      terminator: () => DONE,
      error: () => OPENAI_ERROR_EVENT,
    };
  },

  ...openAIErrors,
  malformedEvent: MALFORMED_EVENT,

  hollow(kind, identity, stream) {
    const choice = kind === 'empty-choices' ? '' : '{"text":null,"index":0,"logprobs":null,"finish_reason":"stop"}';
    const body = `{${identityFields(identity, 'text_completion')},"choices":[${choice}]}`;
    return stream ? `data: ${body}\n\n${DONE}` : body;
  },
};

const OPENING_DELTA: Readonly<Record<Answer['kind'], string>> = {
  text: '{"role":"assistant","content":"","refusal":null}',
  refusal: '{"role":"assistant","content":null,"refusal":""}',
  tools: '{"role":"assistant","content":null}',
};

type EventOf = (index: number, delta: string) => string;
type TokenScript = Pick<StreamScript, 'tokens' | 'token'>;

/** What OpenAI itself hides, as the servers tell it that do not: DeepSeek's field. */
function withThoughts({ thoughts }: Answer, event: EventOf, said: TokenScript): TokenScript {
  if (thoughts === undefined) return said;
  const { length } = thoughts;
  return {
    tokens: length + said.tokens,
    token: (i) => (i < length ? event(0, `{"reasoning_content":${quote(thoughts.token(i))}}`) : said.token(i - length)),
  };
}

function chatTokens(answer: Answer, event: EventOf): TokenScript {
  if (answer.kind !== 'tools') {
    const field = answer.kind === 'refusal' ? 'refusal' : 'content';
    return interleaved(answer.texts, (choice, token) => event(choice, `{"${field}":${quote(token)}}`));
  }
  const deltas = answer.calls.flatMap(({ id, name, parts }, i) => [
    `{"index":${i},"id":"call_${id}","type":"function","function":${toolFunction(name, '')}}`,
    ...parts.map((part) => `{"index":${i},"function":{"arguments":${quote(part)}}}`),
  ]);
  return { tokens: deltas.length, token: (i) => event(0, `{"tool_calls":[${deltas[i] ?? ''}]}`) };
}

/** The tokens of several choices in turn. */
function interleaved(texts: readonly Tokens[], event: (choice: number, token: string) => string) {
  const [first] = texts;
  if (texts.length === 1 && first !== undefined) {
    return { tokens: first.length, token: (i: number) => event(0, first.token(i)) };
  }
  const longest = Math.max(0, ...texts.map((text) => text.length));
  return {
    tokens: longest * texts.length,
    token: (i: number) => {
      const choice = i % texts.length;
      return event(choice, texts[choice]?.token(Math.floor(i / texts.length)) ?? '');
    },
  };
}

function identityFields({ id, created, model }: Identity, object: string): string {
  return `"id":"chatcmpl-${id}","object":"${object}","created":${created},"model":${quote(model)}`;
}

/** Asked for usage, every chunk but the last says `null`, as the API does. */
function endOfChunk(call: Call, wire: Wire): string {
  return call.includeUsage && wire.usage ? '],"usage":null}\n\n' : ']}\n\n';
}

function usageEvent(before: string, call: Call, usage: Usage | undefined): string {
  return call.includeUsage && usage !== undefined ? `${before}],"usage":${usageObject(usage)}}\n\n` : '';
}

function ending(wire: Wire, finishes: readonly string[], usage: string): string {
  return wire.finish ? finishes.join('') + usage : usage;
}

function usageField(usage: Usage | undefined): string {
  return usage === undefined ? '' : `"usage":${usageObject(usage)},`;
}

function usageObject({ prompt, completion, cached = 0, reasoning = 0 }: Usage): string {
  return `{"prompt_tokens":${prompt},"completion_tokens":${completion},"total_tokens":${prompt + completion},"prompt_tokens_details":{"cached_tokens":${cached},"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":${reasoning},"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}`;
}

function toolFunction(name: string, args: string): string {
  return `{"name":${quote(name)},"arguments":${quote(args)}}`;
}

function joined(texts: readonly Tokens[], write: (text: Tokens, index: number) => string): string {
  const [first] = texts;
  return texts.length === 1 && first !== undefined ? write(first, 0) : texts.map(write).join(',');
}

/** The legacy API knows no tools: their arguments are its text. */
function textsOf(answer: Answer): readonly Tokens[] {
  if (answer.kind !== 'tools') return answer.texts;
  return answer.calls.map(({ parts }) => ({ length: parts.length, token: (i) => parts[i] ?? '' }));
}

function legacyFinish(answer: Answer): string {
  return answer.finish === 'tool_calls' ? 'stop' : answer.finish;
}
