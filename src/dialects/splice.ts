import { JsonMembers, type Span } from './json-members.ts';

/** JSON text by key. */
export type JsonTexts = Readonly<Record<string, string>>;

/** What to change in an object's top level. Values are JSON text, already encoded. */
export interface Edits {
  /** Each key gets this value: in place of every value it has, or as a new member. */
  readonly set?: JsonTexts;
  /** Each key's value, an object, gets these members set and keeps its others; anything but an object of reasonable size is replaced by one. */
  readonly merge?: Readonly<Record<string, JsonTexts>>;
}

/** Bytes in parts: what is unchanged is a view of the original, not a copy. */
export interface Spliced {
  readonly parts: readonly Buffer[];
  /** Of all parts together, bytes. */
  readonly length: number;
}

interface Replacement extends Span {
  readonly text: string;
}

/**
 * A JSON object as it came over the wire with a few top-level members changed, while all other bytes stay what they are: unknown
 * fields, number spellings, white space and order pass untouched, and a body of half a megabyte is not serialised again.
 * Every occurrence of a repeated key is changed: the upstream's parser may heed another one than ours. Where the edits change
 * nothing, the original bytes are the result.
 */
export function splice(members: JsonMembers, edits: Edits): Spliced {
  const replacements: Replacement[] = [];
  const added: string[] = [];
  for (const [key, text] of Object.entries(edits.set ?? {})) {
    const values = members.spans(key);
    if (values.length === 0) added.push(member(key, text));
    for (const value of values) replacements.push({ ...value, text });
  }
  for (const [key, texts] of Object.entries(edits.merge ?? {})) {
    const values = members.spans(key);
    if (values.length === 0) added.push(member(key, objectOf(texts)));
    for (const value of values) replacements.push(...mergeInto(members.bytes, value, texts));
  }
  if (added.length > 0) replacements.push(insertion(members, 0, added));
  return assemble(members.bytes, replacements);
}

/** The parts as one buffer: copied only where there are several. */
export function joinParts({ parts, length }: Spliced): Buffer {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts, length);
}

function mergeInto(bytes: Buffer, value: Span, texts: JsonTexts): Replacement[] {
  const nested = JsonMembers.read(bytes.subarray(value.start, value.end));
  if (!(nested instanceof JsonMembers) || nested.layout.crowded) return [{ ...value, text: objectOf(texts) }];
  const replacements: Replacement[] = [];
  const added: string[] = [];
  for (const [key, text] of Object.entries(texts)) {
    const values = nested.spans(key);
    if (values.length === 0) added.push(member(key, text));
    for (const { start, end } of values)
      replacements.push({ start: value.start + start, end: value.start + end, text });
  }
  if (added.length > 0) replacements.push(insertion(nested, value.start, added));
  return replacements;
}

function insertion(members: JsonMembers, offset: number, texts: readonly string[]): Replacement {
  const at = offset + members.inside;
  return { start: at, end: at, text: texts.join(',') + (members.keys.length === 0 ? '' : ',') };
}

function member(key: string, text: string): string {
  return `${JSON.stringify(key)}:${text}`;
}

function objectOf(members: JsonTexts): string {
  const texts = Object.entries(members).map(([key, text]) => member(key, text));
  return `{${texts.join(',')}}`;
}

function assemble(bytes: Buffer, replacements: Replacement[]): Spliced {
  const parts: Buffer[] = [];
  let length = 0;
  let done = 0;
  for (const { start, end, text } of replacements.sort((a, b) => a.start - b.start)) {
    const replaced = Buffer.from(text);
    if (replaced.equals(bytes.subarray(start, end))) continue;
    if (start > done) parts.push(bytes.subarray(done, start));
    parts.push(replaced);
    length += start - done + replaced.length;
    done = end;
  }
  if (done === 0) return { parts: [bytes], length: bytes.length };
  parts.push(bytes.subarray(done));
  return { parts, length: length + bytes.length - done };
}
