import { isRecord, type JsonRecord } from '../failures/json-record.ts';
import type { Capability, Need } from './capability.ts';
import type { ChatDialect } from './conversation/request.ts';
import { itemsOf } from './json-fields.ts';
import type { JsonMembers } from './json-members.ts';
import { firstMedia, type Medium, mayHoldMedia } from './request-media.ts';
import { endsInAssistant } from './request-prefill.ts';

type Look = (body: JsonMembers) => string | undefined;

/**
 * Which of these capabilities a request needs, each with the first field that asks for it. Meant for those that some target lacks:
 * what is not asked about is not looked for. The conversation itself is parsed only where its bytes hold the mark of what is looked
 * for; a mark spelled with escapes is missed, and the provider then says what it cannot do.
 */
export function needsOf(dialect: ChatDialect, body: JsonMembers, asked: readonly Capability[]): Need[] {
  const needs: Need[] = [];
  for (const capability of asked) {
    const field = fieldFor(dialect, body, capability);
    if (field !== undefined) needs.push({ capability, field });
  }
  return needs;
}

function fieldFor(dialect: ChatDialect, body: JsonMembers, capability: Capability): string | undefined {
  switch (capability) {
    case 'vision':
    case 'files':
      return mediaIn(dialect, body, capability);
    case 'audio':
      return mediaIn(dialect, body, capability) ?? audioAnswer(dialect, body);
    case 'tools':
      return offered(body, 'tools') ?? offered(body, 'functions');
    case 'prefill':
      // Chat completions mostly answer a last assistant message afresh, and Responses always do: only Messages promises to go on.
      return dialect === 'messages' ? endsInAssistant(body) : undefined;
    default:
      return LOOKS[capability][dialect]?.(body);
  }
}

function mediaIn(dialect: ChatDialect, body: JsonMembers, medium: Medium): string | undefined {
  return mayHoldMedia(dialect, body, medium) ? firstMedia(dialect, body.json, medium) : undefined;
}

function offered(body: JsonMembers, key: string): string | undefined {
  return body.hasItems(key) ? key : undefined;
}

/** Chat's way to ask for a spoken answer. */
function audioAnswer(dialect: ChatDialect, body: JsonMembers): string | undefined {
  if (dialect !== 'chat' || !body.hasItems('modalities')) return undefined;
  return itemsOf(body.value('modalities')).includes('audio') ? 'modalities' : undefined;
}

/** What stands in members beside the conversation: small, and absent from most requests. */
const LOOKS: Readonly<
  Record<'schema' | 'json' | 'customTools' | 'reasoning' | 'logprobs', Partial<Record<ChatDialect, Look>>>
> = {
  schema: {
    chat: (body) => (member(body, 'response_format')?.type === 'json_schema' ? 'response_format' : undefined),
    responses: (body) => (textFormat(body) === 'json_schema' ? 'text.format' : undefined),
    messages: (body) =>
      isRecord(member(body, 'output_config')?.format)
        ? 'output_config.format'
        : member(body, 'output_format') && 'output_format',
  },
  json: {
    chat: (body) => (member(body, 'response_format')?.type === 'json_object' ? 'response_format' : undefined),
    responses: (body) => (textFormat(body) === 'json_object' ? 'text.format' : undefined),
  },
  customTools: { chat: customTool, responses: customTool },
  reasoning: {
    chat: (body) => (wanted(body.value('reasoning_effort')) ? 'reasoning_effort' : undefined),
    responses: (body) => (wanted(member(body, 'reasoning')?.effort) ? 'reasoning' : undefined),
    messages: (body) => {
      const type = member(body, 'thinking')?.type;
      return type === undefined || type === 'disabled' ? undefined : 'thinking';
    },
  },
  logprobs: {
    chat: (body) => (body.value('logprobs') === true ? 'logprobs' : undefined),
    responses: (body) => {
      if (Number(body.value('top_logprobs') ?? 0) > 0) return 'top_logprobs';
      if (!body.hasItems('include')) return undefined;
      return itemsOf(body.value('include')).includes('message.output_text.logprobs') ? 'include' : undefined;
    },
  },
};

function member(body: JsonMembers, key: string): JsonRecord | undefined {
  if (body.kind(key) !== 'object') return undefined;
  const value = body.value(key);
  return isRecord(value) ? value : undefined;
}

function textFormat(body: JsonMembers): unknown {
  const format = member(body, 'text')?.format;
  return isRecord(format) ? format.type : undefined;
}

function wanted(effort: unknown): boolean {
  return typeof effort === 'string' && effort !== 'none';
}

/** Only OpenAI's dialects have them: Anthropic's `custom` is any tool of the client's own. */
function customTool(body: JsonMembers): string | undefined {
  if (!body.hasItems('tools')) return undefined;
  const [span] = body.spans('tools');
  if (span === undefined || !body.bytes.subarray(span.start, span.end).includes('"custom"')) return undefined;
  const index = itemsOf(body.value('tools')).findIndex((tool) => isRecord(tool) && tool.type === 'custom');
  return index < 0 ? undefined : `tools[${index}]`;
}
