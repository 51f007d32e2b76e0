import type { SemanticQuestion } from '../cache/guards/index.ts';
import type { Conversation, Part } from '../dialects/conversation/request.ts';

/** Members by which a provider runs tools, or looks things up, of its own. */
const PROVIDER_TOOLS = [
  // OpenAI's search models, xAI, OpenRouter, Qwen.
  'web_search_options',
  'search_parameters',
  'plugins',
  'enable_search',
  // Anthropic.
  'mcp_servers',
  'container',
];

/**
 * The facts by which the guards decide who may ask.
 *
 * Every field of a conversation is named here, and a new one is an error of the compiler until somebody has decided whether it
 * keeps a request out. That it is part of the scope needs no decision: there the bytes count.
 *
 * @param stored the provider keeps turns for the client that nobody here has seen
 */
export function semanticQuestion(conversation: Conversation, stored: boolean): SemanticQuestion {
  const {
    instructions,
    turns,
    tools,
    sampling,
    logprobs,
    choices,
    extras,
    // Without tools these say nothing, and with them the request is out.
    toolChoice: _toolChoice,
    parallelToolCalls: _parallelToolCalls,
    // Part of the scope, and no reason against a request.
    source: _source,
    model: _model,
    format: _format,
    maxTokens: _maxTokens,
    stop: _stop,
    reasoning: _reasoning,
    user: _user,
    unheld: _unheld,
    // How the answer is delivered.
    stream: _stream,
    includeUsage: _includeUsage,
    ...forgotten
  } = conversation;
  nothingIn(forgotten);
  const last = turns.at(-1);
  return {
    text: last?.role === 'user' ? last.parts.map(textPart).join('\n') : '',
    earlierTurns: Math.max(0, turns.length - 1),
    stored,
    tools: tools.length > 0 || PROVIDER_TOOLS.some((name) => asks(extras[name])) || hasPart(turns, isTool),
    nonText: hasPart(turns, isNoText) || hasPart(instructions, isNoText),
    choices,
    logprobs: logprobs !== undefined,
    temperature: sampling.temperature,
  };
}

/** Accepts an object without fields: one that has some does not compile. */
function nothingIn(_rest: Readonly<Record<string, never>>): void {}

function asks(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return false;
  return !Array.isArray(value) || value.length > 0;
}

function hasPart(said: readonly { readonly parts: readonly Part[] }[], is: (part: Part) => boolean): boolean {
  return said.some(({ parts }) => parts.some(is));
}

function isTool({ kind }: Part): boolean {
  return kind === 'tool-call' || kind === 'tool-result';
}

/** A refusal is text, and so is what a model thought; but either is said of what nobody here has understood. */
function isNoText(part: Part): boolean {
  return part.kind !== 'text' && !isTool(part);
}

function textPart(part: Part): string {
  return part.kind === 'text' ? part.text : '';
}
