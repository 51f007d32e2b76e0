import type { JsonRecord } from '../../failures/json-record.ts';
import { sourceOfUrl } from '../conversation/data-url.ts';
import { given } from '../conversation/given.ts';
import {
  contentIn,
  noteUnheld,
  pathTo,
  recordAt,
  requiredRecord,
  requiredString,
  stringIn,
} from '../conversation/read-fields.ts';
import type { Part, Source } from '../conversation/request.ts';

const PART_FIELDS: Readonly<Record<string, ReadonlySet<string>>> = {
  text: new Set(['type', 'text', 'cache_control', 'prompt_cache_breakpoint']),
  refusal: new Set(['type', 'refusal']),
  image_url: new Set(['type', 'image_url', 'cache_control', 'prompt_cache_breakpoint']),
  file: new Set(['type', 'file', 'cache_control', 'prompt_cache_breakpoint']),
  input_audio: new Set(['type', 'input_audio', 'prompt_cache_breakpoint']),
};

/** The parts of a message's content; none where there is no content. */
export function readContent(message: JsonRecord, at: string, unheld: string[]): Part[] {
  const content = contentIn(message, 'content', at);
  const contentAt = pathTo(at, 'content');
  if (content === undefined) return [];
  if (typeof content === 'string') return [{ kind: 'text', text: content, at: contentAt }];
  return content.map((part, index) =>
    readPart(recordAt(part, `${contentAt}[${index}]`), `${contentAt}[${index}]`, unheld),
  );
}

function readPart(part: JsonRecord, at: string, unheld: string[]): Part {
  const type = requiredString(part, 'type', at);
  const known = Object.hasOwn(PART_FIELDS, type) ? PART_FIELDS[type] : undefined;
  if (known === undefined) return { kind: 'opaque', dialect: 'chat', type, value: part, at };
  noteUnheld(unheld, part, known, at);
  switch (type) {
    case 'text':
      return given({
        kind: 'text' as const,
        text: requiredString(part, 'text', at),
        cacheControl: cacheMark(part),
        at,
      });
    case 'refusal':
      return { kind: 'refusal', text: requiredString(part, 'refusal', at), at };
    case 'image_url':
      return readImage(part, at);
    case 'file':
      return readFile(part, at);
    default: {
      const audio = requiredRecord(part, 'input_audio', at);
      const audioAt = pathTo(at, 'input_audio');
      const data = requiredString(audio, 'data', audioAt);
      return { kind: 'audio', data, format: requiredString(audio, 'format', audioAt), at };
    }
  }
}

function readImage(part: JsonRecord, at: string): Part {
  // Some clients write the URL without the object around it, and some providers take it.
  const image = typeof part.image_url === 'string' ? { url: part.image_url } : requiredRecord(part, 'image_url', at);
  const imageAt = pathTo(at, 'image_url');
  const source = sourceOfUrl(requiredString(image, 'url', imageAt));
  return given({
    kind: 'image' as const,
    source,
    detail: stringIn(image, 'detail', imageAt),
    cacheControl: cacheMark(part),
    at,
  });
}

function readFile(part: JsonRecord, at: string): Part {
  const file = requiredRecord(part, 'file', at);
  const fileAt = pathTo(at, 'file');
  const data = stringIn(file, 'file_data', fileAt);
  const name = stringIn(file, 'filename', fileAt);
  const source: Source =
    data === undefined ? { by: 'id', id: requiredString(file, 'file_id', fileAt) } : sourceOfData(data);
  return given({ kind: 'file' as const, source, name, cacheControl: cacheMark(part), at });
}

/** OpenAI's `file_data` is a data URL, though its reference says base64; providers take both. A bare one is a PDF: nothing else is. */
function sourceOfData(data: string): Source {
  const source = sourceOfUrl(data);
  if (source.by === 'base64' || /^https?:/.test(data.slice(0, 6))) return source;
  return { by: 'base64', data, mediaType: 'application/pdf' };
}

/** `cache_control` as gateways take it on chat completions, or OpenAI's own breakpoint, which means the same. */
function cacheMark(part: JsonRecord): unknown {
  if (part.cache_control !== undefined && part.cache_control !== null) return part.cache_control;
  return part.prompt_cache_breakpoint === undefined || part.prompt_cache_breakpoint === null
    ? undefined
    : { type: 'ephemeral' };
}
