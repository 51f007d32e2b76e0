import type { JsonRecord } from '../../failures/json-record.ts';
import { given } from '../conversation/given.ts';
import type {
  FilePart,
  ImagePart,
  Part,
  Placed,
  ReasoningPart,
  TextPart,
  ToolCallPart,
} from '../conversation/request.ts';
import type { UntoldNotes } from '../conversation/untold-notes.ts';
import { inputOf } from './arguments.ts';
import { toolUseId } from './tool-ids.ts';

const IMAGE_TYPES = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp']);

/** Writes parts as content blocks. What gives no block is noted. */
export class Blocks {
  readonly #notes: UntoldNotes;

  constructor(notes: UntoldNotes) {
    this.#notes = notes;
  }

  /** @param place of what has none itself */
  all(parts: readonly Part[], place: Placed): JsonRecord[] {
    return parts.map((part) => this.#block(part, place)).filter((block) => block !== undefined);
  }

  #block(part: Part, place: Placed): JsonRecord | undefined {
    const at = this.#notes.placeOf(part, place);
    switch (part.kind) {
      case 'text':
        return this.#text(part, at);
      case 'refusal':
        return part.text === '' ? undefined : { type: 'text', text: part.text };
      case 'image':
        return this.#image(part, at);
      case 'file':
        return this.#file(part, at);
      case 'audio':
        this.#notes.essential(at, 'Messages takes no audio');
        return undefined;
      case 'reasoning':
        return this.#reasoning(part, at);
      case 'tool-call':
        return this.#call(part, at);
      case 'tool-result': {
        const content = this.all(part.content, { at });
        return given({
          type: 'tool_result',
          tool_use_id: toolUseId(part.callId),
          content: content.length === 0 ? undefined : (soleText(content) ?? content),
          is_error: part.isError ? true : undefined,
          cache_control: part.cacheControl,
        });
      }
      case 'opaque':
        if (part.dialect === 'messages') return part.value as JsonRecord;
        this.#notes.essential(at, `Messages has no '${part.type}' blocks`);
        return undefined;
    }
  }

  /** Anthropic refuses empty texts. They say nothing, so nothing is lost. */
  #text({ text, cacheControl, citations }: TextPart, at: string): JsonRecord | undefined {
    if (citations !== undefined && citations.length > 0) {
      this.#notes.harmless(`${at}.citations`, 'another provider cannot vouch for them');
    }
    return text === '' ? undefined : given({ type: 'text', text, cache_control: cacheControl });
  }

  #image({ source, detail, cacheControl }: ImagePart, at: string): JsonRecord | undefined {
    if (detail !== undefined && detail !== 'auto') {
      this.#notes.harmless(`${at}.image_url.detail`, 'Messages chooses the resolution by itself');
    }
    const block = (from: JsonRecord): JsonRecord => given({ type: 'image', source: from, cache_control: cacheControl });
    switch (source.by) {
      case 'url':
        return block({ type: 'url', url: source.url });
      case 'base64':
        if (IMAGE_TYPES.has(source.mediaType)) {
          return block({ type: 'base64', media_type: source.mediaType, data: source.data });
        }
        this.#notes.essential(at, `Messages takes no images of the type '${source.mediaType}'`);
        return undefined;
      case 'id':
        this.#notes.essential(at, 'a file id is known only to the provider that gave it; send the image itself');
        return undefined;
    }
  }

  #file({ source, name, cacheControl, extras }: FilePart, at: string): JsonRecord | undefined {
    const document = (from: JsonRecord): JsonRecord =>
      given({ type: 'document', source: from, title: name, cache_control: cacheControl, ...extras });
    switch (source.by) {
      case 'text':
        return document({ type: 'text', media_type: 'text/plain', data: source.text });
      case 'url':
        return document({ type: 'url', url: source.url });
      case 'id':
        this.#notes.essential(at, 'a file id is known only to the provider that gave it; send the file itself');
        return undefined;
      case 'base64': {
        const { mediaType, data } = source;
        if (mediaType === 'application/pdf') return document({ type: 'base64', media_type: mediaType, data });
        if (mediaType.startsWith('text/') || mediaType === 'application/json') {
          const text = Buffer.from(data, 'base64').toString('utf8');
          return document({ type: 'text', media_type: 'text/plain', data: text });
        }
        this.#notes.essential(at, `Messages takes no files of the type '${mediaType}'`);
        return undefined;
      }
    }
  }

  /** A signature is its maker's only: what another model thought cannot be said as Claude's thought. */
  #reasoning({ origin, text, signature, encrypted }: ReasoningPart, at: string): JsonRecord | undefined {
    if (origin === 'messages' && encrypted !== undefined) return { type: 'redacted_thinking', data: encrypted };
    if (origin === 'messages' && signature !== undefined) return { type: 'thinking', thinking: text, signature };
    this.#notes.harmless(at, 'only the model that thought it can take it back, and only signed');
    return undefined;
  }

  #call(call: ToolCallPart, at: string): JsonRecord {
    const { block, wrapped } = toolUse(call);
    if (wrapped) this.#notes.harmless(at, 'the arguments are no JSON object and were sent as the text they are');
    return given({ ...block, cache_control: call.cacheControl });
  }
}

/** A call as requests have it. */
export function toolUse(call: ToolCallPart): { readonly block: JsonRecord; readonly wrapped: boolean } {
  const { id, name, arguments: text, type } = call;
  // A free-text tool's call is said as a call with one argument.
  const { input, wrapped } = type === 'custom' ? { input: { input: text }, wrapped: false } : inputOf(text);
  return { block: { type: 'tool_use', id: toolUseId(id), name, input }, wrapped };
}

/** The text, where the content is one text and nothing beside it: short for the same. */
export function soleText(blocks: readonly JsonRecord[]): string | undefined {
  const only = blocks[0];
  if (blocks.length !== 1 || only?.type !== 'text' || Object.keys(only).length !== 2) return undefined;
  return typeof only.text === 'string' ? only.text : undefined;
}
