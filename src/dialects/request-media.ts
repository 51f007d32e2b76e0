import { isRecord, type JsonRecord } from '../failures/json-record.ts';
import type { ChatDialect } from './conversation/request.ts';
import { itemsOf } from './json-fields.ts';
import type { JsonMembers } from './json-members.ts';

/** What a conversation may hold beside text. */
export type Medium = 'vision' | 'files' | 'audio';

const COLON = 0x3a;

/** The `type` of the parts that hold it. */
const TYPES: Readonly<Record<ChatDialect, Partial<Record<Medium, string>>>> = {
  chat: { vision: 'image_url', files: 'file', audio: 'input_audio' },
  messages: { vision: 'image', files: 'document' },
  responses: { vision: 'input_image', files: 'input_file', audio: 'input_audio' },
};

/** The same as they stand in the bytes. In a text the quotes would be escaped, so that no text is ever taken for one. */
const MARKS = new Map<string, Buffer>(
  Object.values(TYPES)
    .flatMap((types) => Object.values(types))
    .map((type) => [type, Buffer.from(`"${type}"`)]),
);

/**
 * Whether the bytes of the conversation hold the mark of such a part where a value can stand. False is certain but for a mark spelled
 * with escapes; true is not: a tool's argument may be the very word.
 */
export function mayHoldMedia(dialect: ChatDialect, body: JsonMembers, medium: Medium): boolean {
  const mark = MARKS.get(TYPES[dialect][medium] ?? '');
  if (mark === undefined) return false;
  return body.spans(dialect === 'responses' ? 'input' : 'messages').some(({ start, end }) => {
    const bytes = body.bytes.subarray(start, end);
    for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + mark.length)) {
      if (standsBehindColon(bytes, at)) return true;
    }
    return false;
  });
}

/** Keys are common words, too (`"image": ...` among a tool's arguments); the type of a part is a value. */
function standsBehindColon(bytes: Buffer, at: number): boolean {
  let before = at - 1;
  while (before >= 0 && (bytes[before] ?? 0) <= 0x20) before--;
  return bytes[before] === COLON;
}

/** The first such part of a parsed request, as the client would name it; undefined: there is none. */
export function firstMedia(dialect: ChatDialect, json: JsonRecord, medium: Medium): string | undefined {
  const type = TYPES[dialect][medium];
  const key = dialect === 'responses' ? 'input' : 'messages';
  if (type === undefined) return undefined;
  for (const [index, item] of itemsOf(json[key]).entries()) {
    if (!isRecord(item)) continue;
    const at = `${key}[${index}]`;
    const found =
      firstPart(item.content, `${at}.content`, type) ??
      // What a tool gave back, in Responses.
      firstPart(item.output, `${at}.output`, type);
    if (found !== undefined) return found;
  }
  return undefined;
}

function firstPart(content: unknown, at: string, type: string): string | undefined {
  for (const [index, part] of itemsOf(content).entries()) {
    if (!isRecord(part)) continue;
    const place = `${at}[${index}]`;
    if (part.type === type && !isPlainText(part)) return place;
    // What a tool gave back, in Messages.
    const inside = part.type === 'tool_result' ? firstPart(part.content, `${place}.content`, type) : undefined;
    if (inside !== undefined) return inside;
  }
  return undefined;
}

/** A document of Anthropic's that is text in another form: any model reads it. */
function isPlainText(part: JsonRecord): boolean {
  return isRecord(part.source) && (part.source.type === 'text' || part.source.type === 'content');
}
