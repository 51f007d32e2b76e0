import type { JsonRecord } from '../../failures/json-record.ts';
import { dataUrl } from '../conversation/data-url.ts';
import { given } from '../conversation/given.ts';
import type { FilePart, ImagePart, Part, TextPart } from '../conversation/request.ts';
import type { UntoldNotes } from '../conversation/untold-notes.ts';

/** Writes what a user, or a tool, says: texts, images, files. */
export class InputParts {
  readonly #notes: UntoldNotes;
  /** Ids of files are OpenAI's own only where the request came in one of its dialects. */
  readonly #knowsFiles: boolean;

  constructor(notes: UntoldNotes, knowsFiles: boolean) {
    this.#notes = notes;
    this.#knowsFiles = knowsFiles;
  }

  /** @returns undefined where the part cannot be said here, which is noted */
  write(part: Part, at: string): JsonRecord | undefined {
    switch (part.kind) {
      case 'text':
        return this.#text(part, at);
      case 'image':
        return this.#image(part, at);
      case 'file':
        return this.#file(part, at);
      case 'refusal':
        return { type: 'input_text', text: part.text };
      case 'opaque':
        if (part.dialect === 'responses') return part.value as JsonRecord;
        this.#notes.essential(at, `Responses has no '${part.type}' content`);
        return undefined;
      default:
        this.#notes.essential(at, `Responses has no ${part.kind} content`);
        return undefined;
    }
  }

  #text(part: TextPart, at: string): JsonRecord {
    this.noteCacheControl(part, at);
    return { type: 'input_text', text: part.text };
  }

  #image(part: ImagePart, at: string): JsonRecord | undefined {
    this.noteCacheControl(part, at);
    const { source } = part;
    const detail = part.detail ?? 'auto';
    if (source.by === 'id') return this.#known(at) ? { type: 'input_image', detail, file_id: source.id } : undefined;
    const url = source.by === 'url' ? source.url : dataUrl(source.mediaType, source.data);
    return { type: 'input_image', detail, image_url: url };
  }

  #file(part: FilePart, at: string): JsonRecord | undefined {
    this.noteCacheControl(part, at);
    const { source, name } = part;
    const { detail, ...others } = part.extras ?? {};
    for (const key of Object.keys(others)) this.#notes.harmless(`${at}.${key}`, 'it has no counterpart');
    switch (source.by) {
      case 'text':
        return { type: 'input_text', text: source.text };
      case 'url':
        return given({ type: 'input_file', file_url: source.url, filename: name, detail });
      case 'id':
        return this.#known(at) ? given({ type: 'input_file', file_id: source.id, filename: name, detail }) : undefined;
      case 'base64': {
        // The API refuses file data without a name.
        const filename = name ?? `document.${source.mediaType.split('/').at(-1) ?? 'pdf'}`;
        return given({ type: 'input_file', filename, file_data: dataUrl(source.mediaType, source.data), detail });
      }
    }
  }

  noteCacheControl(part: { readonly cacheControl?: unknown }, at: string): void {
    if (part.cacheControl !== undefined) this.#notes.harmless(`${at}.cache_control`, 'the target caches by itself');
  }

  #known(at: string): boolean {
    if (!this.#knowsFiles) this.#notes.essential(at, 'the file is at another provider: send it by URL or in base64');
    return this.#knowsFiles;
  }
}
