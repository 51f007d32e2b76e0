import type { Answer, Finish, Usage } from './answer.ts';
import { ANTHROPIC_ERROR_EVENT, anthropicErrors } from './anthropic-error.ts';
import { type Block, type BlockVoice, blockScript, blocksOf } from './blocks.ts';
import type { Dialect, Identity, NumberApi } from './dialect.ts';
import { countPrompt, readMessagesCall } from './messages-request.ts';
import { joinTokens } from './words.ts';

const quote = JSON.stringify;

/** What the API vouches for its thoughts with. */
const SIGNATURE = 'c2ltdWxhdGVkLXNpZ25hdHVyZQ==';
const MESSAGE_STOP = 'event: message_stop\ndata: {"type":"message_stop"}\n\n';

/** Anthropic Messages. */
export const anthropicMessages: Dialect = {
  kind: 'text',
  read: readMessagesCall,

  whole(identity, answer, usage) {
    return quote({
      ...messageHead(identity),
      content: blocksOf(answer).map((block) => wholeBlock(block)),
      ...stopOf(answer),
      ...(usage === undefined ? {} : { usage: wholeUsage(usage) }),
    });
  },

  stream(identity, _call, answer, usage, wire) {
    const blocks = blockScript(blocksOf(answer), VOICE);
    // What the answer will have cost is not known when it begins.
    const begun = usage === undefined ? {} : { usage: wholeUsage({ ...usage, completion: 1, reasoning: 0 }) };
    const message = { ...messageHead(identity), content: [], ...NOT_STOPPED, ...begun };
    return {
      opening: () => `${event({ type: 'message_start', message })}${blocks.opening()}${event({ type: 'ping' })}`,
      tokens: blocks.tokens,
      token: blocks.token,
      ending: () => blocks.ending() + (wire.finish ? messageDelta(answer, usage) : ''),
      terminator: () => MESSAGE_STOP,
      error: () => ANTHROPIC_ERROR_EVENT,
    };
  },

  ...anthropicErrors,
  malformedEvent: 'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"del\n\n',

  hollow(kind, identity, stream) {
    const content = kind === 'empty-choices' ? [] : null;
    const usage = { prompt: 0, completion: 0 };
    if (!stream) return quote({ ...messageHead(identity), content, ...ENDED, usage: wholeUsage(usage) });
    const message = { ...messageHead(identity), content, ...NOT_STOPPED, usage: wholeUsage(usage) };
    const delta = { stop_reason: 'end_turn', stop_sequence: null, stop_details: null, container: null };
    const end = event({ type: 'message_delta', delta, usage: deltaUsage(usage) });
    return event({ type: 'message_start', message }) + end + MESSAGE_STOP;
  },
};

/** Anthropic's `count_tokens`. */
export const anthropicTokenCount: NumberApi = {
  kind: 'numbers',
  answer: (fields) => {
    const tokens = countPrompt(fields);
    return { body: `{"input_tokens":${tokens}}`, tokens };
  },
  ...anthropicErrors,
  hollow: () => '{}',
};

const NOT_STOPPED = { stop_reason: null, stop_sequence: null, stop_details: null };
const ENDED = { ...NOT_STOPPED, stop_reason: 'end_turn' };

const VOICE: BlockVoice = {
  begin: (block, index) => event({ type: 'content_block_start', index, content_block: emptyBlock(block) }),
  // Written by hand, not serialised: one for each token.
  piece: (block, index, text) =>
    `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":{${DELTA[block.kind]}:${quote(text)}}}\n\n`,
  end: (block, index) => {
    const signed =
      block.kind === 'thoughts'
        ? event({ type: 'content_block_delta', index, delta: { type: 'signature_delta', signature: SIGNATURE } })
        : '';
    return signed + event({ type: 'content_block_stop', index });
  },
};

const DELTA: Readonly<Record<Block['kind'], string>> = {
  text: '"type":"text_delta","text"',
  refusal: '"type":"text_delta","text"',
  thoughts: '"type":"thinking_delta","thinking"',
  call: '"type":"input_json_delta","partial_json"',
};

function event(fields: { readonly type: string } & Readonly<Record<string, unknown>>): string {
  return `event: ${fields.type}\ndata: ${quote(fields)}\n\n`;
}

function messageHead({ id, model }: Identity) {
  return { id: `msg_${id}`, type: 'message', role: 'assistant', model, container: null, diagnostics: null };
}

function emptyBlock(block: Block): object {
  switch (block.kind) {
    case 'thoughts':
      return { type: 'thinking', thinking: '', signature: '' };
    case 'call':
      return toolUse(block.call.id, block.call.name, {});
    default:
      return { type: 'text', text: '', citations: null };
  }
}

function wholeBlock(block: Block): object {
  switch (block.kind) {
    case 'thoughts':
      return { type: 'thinking', thinking: joinTokens(block.tokens), signature: SIGNATURE };
    case 'call':
      return toolUse(block.call.id, block.call.name, parsed(block.call.parts.join('')));
    default:
      return { type: 'text', text: joinTokens(block.tokens), citations: null };
  }
}

function toolUse(id: string, name: string, input: unknown): object {
  return { type: 'tool_use', id: `toolu_${id}`, name, input, caller: { type: 'direct' } };
}

/** Arguments that are no JSON stay a text: a whole message has no other way to be wrong. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

const STOP_REASONS: Readonly<Record<Finish, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
};

function stopOf(answer: Answer) {
  const refused = answer.kind === 'refusal' || answer.finish === 'content_filter';
  return {
    stop_reason: refused ? 'refusal' : STOP_REASONS[answer.finish],
    stop_sequence: null,
    stop_details: refused ? { type: 'refusal', category: null, explanation: null } : null,
  };
}

function messageDelta(answer: Answer, usage: Usage | undefined): string {
  const delta = { ...stopOf(answer), container: null };
  return event({ type: 'message_delta', delta, ...(usage === undefined ? {} : { usage: deltaUsage(usage) }) });
}

/** Anthropic's `input_tokens` leave out what came from the cache. */
function deltaUsage({ prompt, completion, cached = 0, reasoning = 0 }: Usage) {
  return {
    input_tokens: prompt - cached,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cached,
    output_tokens: completion,
    output_tokens_details: reasoning > 0 ? { thinking_tokens: reasoning } : null,
    server_tool_use: null,
  };
}

function wholeUsage(usage: Usage) {
  return { ...deltaUsage(usage), cache_creation: null, inference_geo: null, service_tier: 'standard', speed: null };
}
