import type { JsonRecord } from '../../failures/json-record.ts';
import { dataUrl } from '../conversation/data-url.ts';
import { given } from '../conversation/given.ts';
import type { FilePart, ImagePart, Part, Placed, TextPart } from '../conversation/request.ts';
import type { UntoldNotes } from '../conversation/untold-notes.ts';

/** Writes the parts of a user, system or developer message. */
export class ChatParts {
  readonly #notes: UntoldNotes;

  constructor(notes: UntoldNotes) {
    this.#notes = notes;
  }

  /** A single text is written as the string every server takes; `turn` places what has no place of its own. */
  content(parts: readonly Part[], turn: Placed): string | JsonRecord[] {
    const written = parts.map((part) => this.#part(part, turn)).filter((part) => part !== undefined);
    const only = written[0];
    if (written.length === 0) return '';
    return written.length === 1 && only?.type === 'text' ? String(only.text) : written;
  }

  #part(part: Part, turn: Placed): JsonRecord | undefined {
    const at = this.#notes.placeOf(part, turn);
    switch (part.kind) {
      case 'text':
        return this.text(part, at);
      case 'refusal':
        return { type: 'text', text: part.text };
      case 'image':
        return this.#image(part, at);
      case 'file':
        return this.#file(part, at);
      case 'audio':
        return { type: 'input_audio', input_audio: { data: part.data, format: part.format } };
      case 'reasoning':
        this.#notes.harmless(at, 'chat completions takes no reasoning back');
        return undefined;
      case 'opaque':
        if (part.dialect === 'chat') return part.value as JsonRecord;
        this.#notes.essential(at, `chat completions has no '${part.type}' parts`);
        return undefined;
      default:
        this.#notes.essential(at, `a ${part.kind} cannot stand here`);
        return undefined;
    }
  }

  /** One text, with what it carries beside its words noted. */
  text(part: TextPart, at: string): JsonRecord {
    if (part.cacheControl !== undefined) this.#noteCacheMark(at);
    if (part.citations !== undefined && part.citations.length > 0) {
      this.#notes.harmless(`${at}.citations`, 'chat completions takes no citations back');
    }
    return { type: 'text', text: part.text };
  }

  #image({ source, detail, cacheControl }: ImagePart, at: string): JsonRecord | undefined {
    if (cacheControl !== undefined) this.#noteCacheMark(at);
    if (source.by === 'id') {
      this.#notes.essential(at, 'chat completions knows no images by file id; send them by URL or base64');
      return undefined;
    }
    const url = source.by === 'url' ? source.url : dataUrl(source.mediaType, source.data);
    return { type: 'image_url', image_url: given({ url, detail }) };
  }

  #file({ source, name, cacheControl, extras }: FilePart, at: string): JsonRecord | undefined {
    if (cacheControl !== undefined) this.#noteCacheMark(at);
    for (const key of Object.keys(extras ?? {})) this.#notes.harmless(`${at}.${key}`, 'files have no such setting');
    switch (source.by) {
      case 'text':
        return { type: 'text', text: name === undefined ? source.text : `${name}\n\n${source.text}` };
      case 'base64': {
        const file_data = dataUrl(source.mediaType, source.data);
        return { type: 'file', file: { filename: name ?? 'document.pdf', file_data } };
      }
      case 'id':
        return { type: 'file', file: given({ file_id: source.id, filename: name }) };
      case 'url':
        this.#notes.essential(at, 'chat completions fetches no files; send the file as base64');
        return undefined;
    }
  }

  #noteCacheMark(at: string): void {
    this.#notes.harmless(`${at}.cache_control`, 'chat completions caches by itself');
  }
}
