import type { Answer, Usage } from './answer.ts';
import { type Block, type BlockVoice, blockScript, blocksOf } from './blocks.ts';
import type { Dialect, Identity } from './dialect.ts';
import { openAIErrors } from './openai-error.ts';
import { readResponsesCall } from './responses-request.ts';
import { joinTokens } from './words.ts';

const quote = JSON.stringify;

/** What the API hands out of its thoughts for another turn. */
const ENCRYPTED = 'c2ltdWxhdGVkLXRob3VnaHRz';
const MALFORMED_EVENT =
  'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","item_id":"msg_broken","del\n\n';

/** OpenAI Responses. It keeps none: an earlier one that is named is taken for granted. */
export const openAIResponses: Dialect = {
  kind: 'text',
  read: readResponsesCall,

  whole(identity, answer, usage) {
    const output = blocksOf(answer).map((block) => itemOf(block, identity, statusOf(answer)));
    return quote(responseObject(identity, { ...endOf(answer), output, usage }));
  },

  stream(identity, _call, answer, usage, wire) {
    const numbered = new NumberedEvents();
    const blocks = blocksOf(answer);
    const script = blockScript(blocks, new ItemVoice(identity, answer, numbered));
    const begun = responseObject(identity, { status: 'in_progress', output: [] });
    return {
      opening: () =>
        numbered.event('response.created', { response: begun }) +
        numbered.event('response.in_progress', { response: begun }) +
        script.opening(),
      tokens: script.tokens,
      token: script.token,
      ending: () => script.ending() + (wire.finish ? lastEvent(numbered, identity, answer, usage) : ''),
      terminator: () => '',
      error: () =>
        numbered.event('error', { code: ERROR.code, message: ERROR.message, param: null }) +
        numbered.event('response.failed', { response: { ...begun, status: 'failed', error: ERROR } }),
    };
  },

  ...openAIErrors,
  malformedEvent: MALFORMED_EVENT,

  hollow(kind, identity, stream) {
    const message = { id: `msg_${identity.id}`, type: 'message', status: 'completed', role: 'assistant', content: [] };
    const output = kind === 'empty-choices' ? [] : [message];
    const response = responseObject(identity, { status: 'completed', output });
    if (!stream) return quote(response);
    const numbered = new NumberedEvents();
    const begun = responseObject(identity, { status: 'in_progress', output: [] });
    const items = output.map((item) => numbered.event('response.output_item.added', { output_index: 0, item }));
    return [
      numbered.event('response.created', { response: begun }),
      ...items,
      numbered.event('response.completed', { response }),
    ].join('');
  },
};

const ERROR = { code: 'server_error', message: 'The server had an error while processing your request.' };

/** The API numbers its events. */
class NumberedEvents {
  #next = 0;

  event(type: string, fields: Readonly<Record<string, unknown>>): string {
    return `event: ${type}\ndata: ${quote({ type, sequence_number: this.#next++, ...fields })}\n\n`;
  }

  /** Written by hand, not serialised: one for each token. @param rest members behind the number */
  delta(type: string, rest: string): string {
    return `event: ${type}\ndata: {"type":"${type}","sequence_number":${this.#next++},${rest}}\n\n`;
  }
}

/** The events of an answer's items. */
class ItemVoice implements BlockVoice {
  readonly #identity: Identity;
  readonly #answer: Answer;
  readonly #numbered: NumberedEvents;

  constructor(identity: Identity, answer: Answer, numbered: NumberedEvents) {
    this.#identity = identity;
    this.#answer = answer;
    this.#numbered = numbered;
  }

  begin(block: Block, index: number): string {
    const item = emptyItem(block, this.#identity);
    const added = this.#numbered.event('response.output_item.added', { output_index: index, item });
    return added + this.#part('added', block, index, true);
  }

  piece(block: Block, index: number, text: string): string {
    const place = `"item_id":"${itemId(block, this.#identity)}","output_index":${index},"delta":${quote(text)}`;
    return this.#numbered.delta(`response.${STEM[block.kind]}.delta`, place + PLACE[block.kind]);
  }

  end(block: Block, index: number): string {
    const place = { item_id: itemId(block, this.#identity), output_index: index };
    const said =
      block.kind === 'call'
        ? { ...place, name: block.call.name, arguments: block.call.parts.join('') }
        : {
            ...place,
            ...(block.kind === 'thoughts' ? { summary_index: 0 } : { content_index: 0 }),
            ...(block.kind === 'text' ? { logprobs: [] } : {}),
            [block.kind === 'refusal' ? 'refusal' : 'text']: joinTokens(block.tokens),
          };
    const done = this.#numbered.event(`response.${STEM[block.kind]}.done`, said);
    const part = this.#part('done', block, index, false);
    const item = itemOf(block, this.#identity, statusOf(this.#answer));
    return done + part + this.#numbered.event('response.output_item.done', { output_index: index, item });
  }

  #part(what: 'added' | 'done', block: Block, index: number, empty: boolean): string {
    if (block.kind === 'call') return '';
    const thoughts = block.kind === 'thoughts';
    const type = `response.${thoughts ? 'reasoning_summary_part' : 'content_part'}.${what}`;
    return this.#numbered.event(type, {
      item_id: itemId(block, this.#identity),
      output_index: index,
      ...(thoughts ? { summary_index: 0 } : { content_index: 0 }),
      part: partOf(block, empty ? '' : joinTokens(block.tokens)),
    });
  }
}

const STEM: Readonly<Record<Block['kind'], string>> = {
  text: 'output_text',
  refusal: 'refusal',
  thoughts: 'reasoning_summary_text',
  call: 'function_call_arguments',
};

const PLACE: Readonly<Record<Block['kind'], string>> = {
  text: ',"content_index":0,"logprobs":[]',
  refusal: ',"content_index":0',
  thoughts: ',"summary_index":0',
  call: '',
};

type Status = 'in_progress' | 'completed' | 'incomplete';

function itemId(block: Block, { id }: Identity): string {
  if (block.kind === 'call') return `fc_${block.call.id}`;
  return block.kind === 'thoughts' ? `rs_${id}` : `msg_${id}`;
}

function partOf({ kind }: Block, text: string): object {
  if (kind === 'thoughts') return { type: 'summary_text', text };
  return kind === 'refusal'
    ? { type: 'refusal', refusal: text }
    : { type: 'output_text', annotations: [], logprobs: [], text };
}

function emptyItem(block: Block, identity: Identity): object {
  const id = itemId(block, identity);
  const status = 'in_progress';
  if (block.kind === 'thoughts') return { id, type: 'reasoning', summary: [], status };
  if (block.kind !== 'call') return { id, type: 'message', status, role: 'assistant', content: [] };
  return { id, type: 'function_call', status, call_id: `call_${block.call.id}`, name: block.call.name, arguments: '' };
}

function itemOf(block: Block, identity: Identity, status: Status): object {
  if (block.kind === 'call') return { ...emptyItem(block, identity), status, arguments: block.call.parts.join('') };
  const parts = [partOf(block, joinTokens(block.tokens))];
  if (block.kind !== 'thoughts') return { ...emptyItem(block, identity), status, content: parts };
  return { ...emptyItem(block, identity), status: 'completed', summary: parts, encrypted_content: ENCRYPTED };
}

function statusOf({ finish }: Answer): 'completed' | 'incomplete' {
  return finish === 'length' || finish === 'content_filter' ? 'incomplete' : 'completed';
}

function endOf(answer: Answer) {
  const reason = answer.finish === 'length' ? 'max_output_tokens' : 'content_filter';
  const status = statusOf(answer);
  return { status, incomplete_details: status === 'incomplete' ? { reason } : null };
}

function lastEvent(numbered: NumberedEvents, identity: Identity, answer: Answer, usage: Usage | undefined): string {
  const output = blocksOf(answer).map((block) => itemOf(block, identity, statusOf(answer)));
  const response = responseObject(identity, { ...endOf(answer), output, usage });
  return numbered.event(`response.${statusOf(answer)}`, { response });
}

interface ResponseFields {
  readonly status: Status;
  readonly output: readonly object[];
  readonly incomplete_details?: object | null;
  readonly usage?: Usage | undefined;
}

/** The settings are the API's defaults: the simulator has no others. */
function responseObject({ id, created, model }: Identity, fields: ResponseFields): object {
  const { status, output, incomplete_details = null, usage } = fields;
  return {
    id: `resp_${id}`,
    object: 'response',
    created_at: created,
    status,
    completed_at: status === 'completed' ? created : null,
    error: null,
    incomplete_details,
    instructions: null,
    max_output_tokens: null,
    model,
    output,
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: false,
    temperature: 1,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    truncation: 'disabled',
    ...(usage === undefined ? {} : { usage: usageObject(usage) }),
    metadata: {},
  };
}

function usageObject({ prompt, completion, cached = 0, reasoning = 0 }: Usage): object {
  return {
    input_tokens: prompt,
    input_tokens_details: { cached_tokens: cached, cache_write_tokens: 0 },
    output_tokens: completion,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: prompt + completion,
  };
}
