import type { JsonRecord } from '../../failures/json-record.ts';
import { sourceOfUrl } from '../conversation/data-url.ts';
import { missing, recordAt, requiredString, stringIn } from '../conversation/read-fields.ts';
import type { FilePart, Part, Source } from '../conversation/request.ts';
import { itemsOf } from '../json-fields.ts';

/** Reads the content of a message or a tool's output: a text, or parts. */
export function readContent(content: string | readonly unknown[], at: string): readonly Part[] {
  if (typeof content === 'string') return [{ kind: 'text', text: content, at }];
  return content.map((part, index) => readPart(recordAt(part, `${at}[${index}]`), `${at}[${index}]`));
}

function readPart(part: JsonRecord, at: string): Part {
  switch (part.type) {
    case 'input_text':
    case 'text':
      return { kind: 'text', text: requiredString(part, 'text', at), at };
    case 'output_text': {
      const citations = itemsOf(part.annotations);
      const text = requiredString(part, 'text', at);
      return citations.length === 0 ? { kind: 'text', text, at } : { kind: 'text', text, citations, at };
    }
    case 'refusal':
      return { kind: 'refusal', text: requiredString(part, 'refusal', at), at };
    case 'input_image':
      return readImage(part, at);
    case 'input_file':
      return readFile(part, at);
    default:
      return { kind: 'opaque', dialect: 'responses', type: requiredString(part, 'type', at), value: part, at };
  }
}

function readImage(part: JsonRecord, at: string): Part {
  const url = stringIn(part, 'image_url', at);
  const id = stringIn(part, 'file_id', at);
  const detail = stringIn(part, 'detail', at);
  const source: Source | undefined =
    url !== undefined ? sourceOfUrl(url) : id === undefined ? undefined : { by: 'id', id };
  if (source === undefined) return missing(`${at}.image_url`);
  // `auto` is what no detail means; some clients write it out.
  return { kind: 'image', source, at, ...(detail === undefined || detail === 'auto' ? {} : { detail }) };
}

function readFile(part: JsonRecord, at: string): FilePart {
  const name = stringIn(part, 'filename', at);
  const data = stringIn(part, 'file_data', at);
  const url = stringIn(part, 'file_url', at);
  const id = stringIn(part, 'file_id', at);
  const named = name === undefined ? {} : { name };
  const detail = stringIn(part, 'detail', at);
  const extras = detail === undefined ? {} : { extras: { detail } };
  if (data !== undefined) return { kind: 'file', source: inlineFile(data, name), at, ...named, ...extras };
  if (url !== undefined) return { kind: 'file', source: { by: 'url', url }, at, ...named, ...extras };
  if (id !== undefined) return { kind: 'file', source: { by: 'id', id }, at, ...named, ...extras };
  return missing(`${at}.file_data`);
}

/** A data URL as documented, or bare base64, of which only the file's name tells what it is. */
function inlineFile(data: string, name: string | undefined): Source {
  const source = sourceOfUrl(data);
  if (source.by === 'base64') return source;
  return { by: 'base64', data, mediaType: mediaTypeOf(name) };
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  pdf: 'application/pdf',
  txt: 'text/plain',
  md: 'text/markdown',
  csv: 'text/csv',
  json: 'application/json',
  html: 'text/html',
};

/** PDF was all the API took when the bare form was in use, so it is what an unnamed file is taken for. */
function mediaTypeOf(name: string | undefined): string {
  const extension = name?.slice(name.lastIndexOf('.') + 1).toLowerCase() ?? '';
  return (Object.hasOwn(MEDIA_TYPES, extension) ? MEDIA_TYPES[extension] : undefined) ?? 'application/pdf';
}
