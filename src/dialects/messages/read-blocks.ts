import { isRecord, type JsonRecord } from '../../failures/json-record.ts';
import { given } from '../conversation/given.ts';
import {
  arrayIn,
  booleanIn,
  contentIn,
  noteUnheld,
  pathTo,
  recordAt,
  requiredRecord,
  requiredString,
  stringIn,
  wrongValue,
} from '../conversation/read-fields.ts';
import type { FilePart, Part, ReasoningPart, Source, ToolResultPart } from '../conversation/request.ts';
import { isSealed, unsealReasoning } from '../conversation/sealed-reasoning.ts';
import { argumentsOf } from './arguments.ts';

const FIELDS: Readonly<Record<string, ReadonlySet<string>>> = {
  text: new Set(['type', 'text', 'cache_control', 'citations']),
  image: new Set(['type', 'source', 'cache_control']),
  document: new Set(['type', 'source', 'cache_control', 'title', 'context', 'citations']),
  thinking: new Set(['type', 'thinking', 'signature']),
  redacted_thinking: new Set(['type', 'data']),
  tool_use: new Set(['type', 'id', 'name', 'input', 'cache_control', 'caller', 'toolset_name']),
  tool_result: new Set(['type', 'tool_use_id', 'content', 'is_error', 'cache_control', 'toolset_name']),
};

/** The parts of a message's content. */
export function readContent(message: JsonRecord, at: string, unheld: string[]): Part[] {
  const content = contentIn(message, 'content', at);
  const contentAt = pathTo(at, 'content');
  if (content === undefined) return [];
  if (typeof content === 'string') return [{ kind: 'text', text: content, at: contentAt }];
  return readBlocks(content, contentAt, unheld);
}

export function readBlocks(blocks: readonly unknown[], at: string, unheld: string[]): Part[] {
  return blocks.map((block, index) => readBlock(recordAt(block, `${at}[${index}]`), `${at}[${index}]`, unheld));
}

function readBlock(block: JsonRecord, at: string, unheld: string[]): Part {
  const type = requiredString(block, 'type', at);
  const known = Object.hasOwn(FIELDS, type) ? FIELDS[type] : undefined;
  if (known === undefined || isForeignCall(block))
    return { kind: 'opaque', dialect: 'messages', type, value: block, at };
  noteUnheld(unheld, block, known, at);
  const cacheControl = block.cache_control ?? undefined;
  switch (type) {
    case 'text': {
      const citations = arrayIn(block, 'citations', at);
      const text = requiredString(block, 'text', at);
      return given({ kind: 'text' as const, text, cacheControl, citations, at });
    }
    case 'image': {
      const source = readSource(requiredRecord(block, 'source', at), pathTo(at, 'source'));
      return given({ kind: 'image' as const, source, cacheControl, at });
    }
    case 'document':
      return readDocument(block, at, cacheControl);
    case 'thinking':
      return { ...readThinking(requiredString(block, 'thinking', at), stringIn(block, 'signature', at)), at };
    case 'redacted_thinking':
      return { ...readRedacted(requiredString(block, 'data', at)), at };
    case 'tool_use': {
      const id = requiredString(block, 'id', at);
      const name = requiredString(block, 'name', at);
      const text = argumentsOf(block.input);
      return given({
        kind: 'tool-call' as const,
        id,
        name,
        arguments: text,
        type: 'function' as const,
        cacheControl,
        at,
      });
    }
    default:
      return readResult(block, at, cacheControl, unheld);
  }
}

/** A call made by a program at the provider, or of a toolset's member: only Anthropic can make sense of it. */
function isForeignCall(block: JsonRecord): boolean {
  if (block.type !== 'tool_use' && block.type !== 'tool_result') return false;
  if (block.toolset_name !== undefined && block.toolset_name !== null) return true;
  return isRecord(block.caller) && block.caller.type !== 'direct';
}

/** A thought; behind a seal of our own it may be another provider's. */
export function readThinking(text: string, signature: string | undefined): ReasoningPart {
  if (isSealed(signature)) {
    return { kind: 'reasoning', text, ...(unsealReasoning(text, signature) ?? { origin: 'chat' }) };
  }
  return given({ kind: 'reasoning' as const, text, origin: 'messages' as const, signature: signature || undefined });
}

export function readRedacted(data: string): ReasoningPart {
  if (isSealed(data)) return { kind: 'reasoning', text: '', ...(unsealReasoning('', data) ?? { origin: 'chat' }) };
  return { kind: 'reasoning', text: '', origin: 'messages', encrypted: data };
}

function readSource(source: JsonRecord, at: string): Source {
  const type = requiredString(source, 'type', at);
  switch (type) {
    case 'base64':
      return {
        by: 'base64',
        data: requiredString(source, 'data', at),
        mediaType: requiredString(source, 'media_type', at),
      };
    case 'url':
      return { by: 'url', url: requiredString(source, 'url', at) };
    case 'file':
      return { by: 'id', id: requiredString(source, 'file_id', at) };
    default:
      return wrongValue(pathTo(at, 'type'), `'${type}' is no kind of source.`);
  }
}

function readDocument(block: JsonRecord, at: string, cacheControl: unknown): Part {
  const source = requiredRecord(block, 'source', at);
  const sourceAt = pathTo(at, 'source');
  const name = stringIn(block, 'title', at);
  const extras = given({ context: stringIn(block, 'context', at), citations: block.citations ?? undefined });
  const file = (from: FilePart['source']): Part =>
    given({
      kind: 'file' as const,
      source: from,
      name,
      cacheControl,
      extras: Object.keys(extras).length > 0 ? extras : undefined,
      at,
    });
  if (source.type === 'text') return file({ by: 'text', text: requiredString(source, 'data', sourceAt) });
  if (source.type !== 'content') return file(readSource(source, sourceAt));
  const text = textOfContent(source);
  // Text and pictures in one document: only Anthropic has such.
  return text === undefined
    ? { kind: 'opaque', dialect: 'messages', type: 'document', value: block, at }
    : file({ by: 'text', text });
}

function textOfContent({ content }: JsonRecord): string | undefined {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return undefined;
  const texts = content.map((part: unknown) => (isRecord(part) && part.type === 'text' ? part.text : undefined));
  return texts.every((text) => typeof text === 'string') ? texts.join('\n') : undefined;
}

function readResult(block: JsonRecord, at: string, cacheControl: unknown, unheld: string[]): ToolResultPart {
  return given({
    kind: 'tool-result' as const,
    callId: requiredString(block, 'tool_use_id', at),
    content: readContent(block, at, unheld),
    isError: booleanIn(block, 'is_error', at) === true,
    type: 'function' as const,
    cacheControl,
    at,
  });
}
