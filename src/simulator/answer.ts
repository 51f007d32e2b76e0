import type { Behaviour } from './behaviour.ts';
import type { Call } from './call.ts';
import { jsonFromSchema } from './json-from-schema.ts';
import { continueAfter, FixedText, hashText, mix, RepeatedText, SeededText, type Tokens } from './words.ts';

export type Finish = 'stop' | 'length' | 'tool_calls' | 'content_filter';

export interface ToolCall {
  /** Without the prefix by which an API's ids are known (`call_`, `toolu_`). */
  readonly id: string;
  readonly name: string;
  /** The arguments' JSON in the parts a stream sends. */
  readonly parts: readonly string[];
}

/** What the model says, in terms no dialect owns. */
export type Answer = Said & {
  /** What the model thought before. */
  readonly thoughts?: Tokens;
};

type Said =
  | { readonly kind: 'text' | 'refusal'; readonly texts: readonly Tokens[]; readonly finish: Finish }
  | { readonly kind: 'tools'; readonly calls: readonly ToolCall[]; readonly finish: Finish };

export interface Usage {
  readonly prompt: number;
  readonly completion: number;
  /** Of the prompt: read from the cache. */
  readonly cached?: number;
  /** Of the completion: thoughts. */
  readonly reasoning?: number;
}

const WEATHER = {
  name: 'get_weather',
  parameters: { type: 'object', properties: { city: { const: 'Oslo' }, unit: { enum: ['celsius', 'fahrenheit'] } } },
};

const THOUGHT_TOKENS = 8;

/** A break needs an answer that goes on behind it. */
const TOKENS_BEHIND_BREAK = 8;

/**
 * The answer to a call: a function of the prompt and the behaviour alone, so that two simulators that stand for two
 * providers say the same, and the longer of two answers to a prompt begins with the shorter.
 *
 * @param defaultTokens length of a text the behaviour sets no length for
 */
export function composeAnswer(call: Call, behaviour: Behaviour, defaultTokens: number): Answer {
  const seed = hashText(call.promptText);
  const said = composeSaid(call, behaviour, seed, defaultTokens);
  return behaviour.thinks ? { ...said, thoughts: new SeededText(mix(seed, 2), THOUGHT_TOKENS) } : said;
}

function composeSaid(call: Call, behaviour: Behaviour, seed: number, defaultTokens: number): Said {
  switch (behaviour.answer) {
    case 'tools':
    case 'parallel-tools':
    case 'bad-tool-args':
      return {
        kind: 'tools',
        calls: composeCalls(call, behaviour, seed),
        finish: behaviour.forceLength ? 'length' : 'tool_calls',
      };
    case 'refusal':
      return {
        kind: 'refusal',
        texts: [new FixedText("I'm sorry, but I can't help with that request.")],
        finish: 'stop',
      };
    default:
      return composeTexts(call, behaviour, seed, defaultTokens);
  }
}

/** What the answer costs, or what the behaviour says it costs. */
export function usageOf(call: Call, answer: Answer, behaviour: Behaviour): Usage {
  const { prompt, completion } = behaviour.usage ?? {
    prompt: call.promptTokens,
    completion: countAnswerTokens(answer),
  };
  return {
    prompt,
    completion,
    ...(behaviour.cached === undefined ? {} : { cached: Math.min(behaviour.cached, prompt) }),
    ...(answer.thoughts === undefined ? {} : { reasoning: Math.min(answer.thoughts.length, completion) }),
  };
}

/** The tokens a stream of the answer sends; a tool call's name is one. */
export function countAnswerTokens(answer: Answer): number {
  let tokens = answer.thoughts?.length ?? 0;
  if (answer.kind === 'tools') for (const call of answer.calls) tokens += 1 + call.parts.length;
  else for (const text of answer.texts) tokens += text.length;
  return tokens;
}

function composeTexts(call: Call, behaviour: Behaviour, seed: number, defaultTokens: number): Said {
  let finish: Finish = behaviour.forceLength ? 'length' : behaviour.answer === 'filtered' ? 'content_filter' : 'stop';
  const texts: Tokens[] = [];
  for (let choice = 0; choice < call.choices; choice++) {
    const text = continued(call, behaviour, choice === 0 ? seed : mix(seed, choice), defaultTokens);
    const most = call.maxTokens ?? Number.POSITIVE_INFINITY;
    if (text.length > most) finish = 'length';
    texts.push(text.length > most ? limited(text, most) : text);
  }
  return { kind: 'text', texts, finish };
}

/** The text, or what follows in it behind the request's own beginning of the answer. */
function continued(call: Call, behaviour: Behaviour, seed: number, defaultTokens: number): Tokens {
  const length = textLength(behaviour, defaultTokens);
  const text = composeText(call, behaviour, seed, length);
  if (call.prefix === undefined || call.prefix === '') return text;
  const rest = continueAfter(text, call.prefix);
  if (rest !== undefined && rest.length > 0) return rest;
  // The beginning is longer than the answer would have been: say a little more.
  const longer = composeText(call, behaviour, seed, call.prefix.length + TOKENS_BEHIND_BREAK);
  const more = continueAfter(longer, call.prefix);
  return more === undefined ? text : limited(more, TOKENS_BEHIND_BREAK);
}

function composeText(call: Call, behaviour: Behaviour, seed: number, length: number): Tokens {
  switch (behaviour.answer) {
    case 'echo':
      return new FixedText(call.promptText);
    case 'repeat':
      return new RepeatedText(Math.max(length, 200));
    case 'other-text':
      return new SeededText(mix(seed, 1), length, behaviour.wire.emoji);
    case 'wrong-json':
      return new FixedText('{ "unexpected": [ 1, 2, 3 ] }');
    case 'big-event':
      return withBigToken(new SeededText(seed, length), behaviour.bigEventBytes);
    case 'filtered':
      return new SeededText(seed, Math.ceil(length / 2));
    default:
      if (call.schema !== undefined || behaviour.answer === 'json') return jsonText(call, seed);
      return new SeededText(seed, length, behaviour.wire.emoji);
  }
}

function textLength(behaviour: Behaviour, defaultTokens: number): number {
  const least = Math.max(behaviour.break?.at ?? 0, behaviour.malformedAt ?? 0);
  const asked = behaviour.tokens ?? defaultTokens;
  return least > 0 ? Math.max(asked, least + TOKENS_BEHIND_BREAK) : asked;
}

function jsonText(call: Call, seed: number): Tokens {
  const schema = call.schema ?? { type: 'object', properties: { answer: { type: 'string' } } };
  const value = jsonFromSchema(
    Object.keys(schema as object).length === 0 ? { properties: { answer: {} } } : schema,
    seed,
  );
  return new FixedText(JSON.stringify(value, null, 1));
}

function withBigToken(text: Tokens, bytes: number): Tokens {
  const middle = text.length >> 1;
  return {
    length: text.length,
    token: (i) => (i === middle ? ' stone'.repeat(Math.ceil(bytes / 6)).slice(0, bytes) : text.token(i)),
  };
}

function limited(text: Tokens, length: number): Tokens {
  return { length: Math.min(length, text.length), token: (i) => text.token(i) };
}

function composeCalls(call: Call, behaviour: Behaviour, seed: number): ToolCall[] {
  const offered = call.tools.length > 0 ? call.tools : [WEATHER];
  return Array.from({ length: behaviour.answer === 'parallel-tools' ? 2 : 1 }, (_, i) => {
    const tool = offered[i % offered.length] ?? WEATHER;
    const whole = JSON.stringify(jsonFromSchema(tool.parameters, mix(seed, i)) ?? {});
    const json = behaviour.answer === 'bad-tool-args' ? `${whole.slice(0, -1)},` : whole;
    return { id: `sim${mix(seed, i).toString(36)}${i}`, name: tool.name, parts: inParts(json, 4) };
  });
}

function inParts(text: string, count: number): string[] {
  const size = Math.ceil(text.length / count);
  return Array.from({ length: Math.ceil(text.length / size) }, (_, i) => text.slice(i * size, (i + 1) * size));
}
