import { isRecord, type JsonRecord } from '../failures/json-record.ts';
import { freeMemory } from '../free-memory.ts';
import { ESCAPED_KEY, type MemberListener, scanJson, skipSpace } from './json-scan.ts';

/** A range of bytes: `[start, end)`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const BACKSLASH = 0x5c;
const QUOTE = 0x22;
const OPEN_OBJECT = 0x7b;
const OPEN_ARRAY = 0x5b;

/** No request has a hundred. Millions, which fit into a large body, would keep everybody waiting who asks for one of them. */
export const MOST_MEMBERS = 1_000;

interface Member {
  readonly key: string;
  readonly span: Span;
}

/** Where things stand in the bytes of an object, without the bytes. */
export interface MembersLayout {
  /** Offset behind the opening brace: where a member can be inserted. */
  readonly inside: number;
  /** In the order they stand. */
  readonly members: readonly Member[];
  /** There are more than {@link MOST_MEMBERS}: those behind are not known. */
  readonly crowded: boolean;
  /** Some key, however deep, is spelled with an escape: V8 may misread it once it is parsed (nodejs/node#63785). */
  readonly hasEscapedKey: boolean;
}

/** What a value is, as far as its first byte tells. */
export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';

/**
 * A JSON object of which only the top level is known: which members it has and where their values stand. A request of half a
 * megabyte is validated and routed this way in one pass over its bytes, without the strings and objects that parsing makes of
 * it; a value is parsed when somebody asks for it.
 */
export class JsonMembers {
  readonly layout: MembersLayout;
  readonly #bytes: Buffer;
  #gone = false;
  #json: JsonRecord | undefined;

  private constructor(bytes: Buffer, layout: MembersLayout) {
    this.#bytes = bytes;
    this.layout = layout;
  }

  /**
   * @returns the members of the object that `bytes` holds; a negative number `~offset` where the bytes are no JSON;
   * undefined where they are some other JSON than an object
   */
  static read(bytes: Buffer): JsonMembers | number | undefined {
    const collector = new Collector(bytes);
    const result = scanJson(bytes, 0, bytes.length, undefined, collector);
    if (result < 0) return result;
    const open = skipSpace(bytes, 0, bytes.length);
    return bytes[open] === OPEN_OBJECT
      ? new JsonMembers(bytes, {
          inside: open + 1,
          members: collector.members,
          crowded: collector.crowded,
          hasEscapedKey: (result & ESCAPED_KEY) !== 0,
        })
      : undefined;
  }

  /** Of bytes that are known to be the same as those the layout was read from. */
  static laidOut(bytes: Buffer, layout: MembersLayout): JsonMembers {
    return new JsonMembers(bytes, layout);
  }

  /** Some key, however deep, is spelled with an escape. */
  get hasEscapedKey(): boolean {
    return this.layout.hasEscapedKey;
  }

  /** @throws {Error} after {@link letGo}: a key made of what is left would be every request's */
  get bytes(): Buffer {
    if (this.#gone) throw new Error('the body was let go');
    return this.#bytes;
  }

  /** Gives the memory of the bytes back. */
  letGo(): void {
    this.#gone = true;
    freeMemory(this.#bytes);
  }

  /** Offset behind the opening brace: where a member can be inserted. */
  get inside(): number {
    return this.layout.inside;
  }

  /** The keys in the order they stand, repeated ones repeated, escapes decoded. */
  get keys(): readonly string[] {
    return this.layout.members.map(({ key }) => key);
  }

  /** Where the values of a key stand; none where it is absent, several where it is repeated. */
  spans(key: string): readonly Span[] {
    return this.layout.members.flatMap((member) => (member.key === key ? [member.span] : []));
  }

  /** What the value of `key` is; undefined where the key is absent. */
  kind(key: string): JsonKind | undefined {
    const span = this.#last(key);
    return span === undefined ? undefined : kindOf(this.bytes[span.start] ?? 0);
  }

  /** The parsed value of `key`; undefined where it is absent. Meant for small values. */
  value(key: string): unknown {
    const span = this.#last(key);
    return span === undefined ? undefined : JSON.parse(this.bytes.toString('utf8', span.start, span.end));
  }

  /** The value of `key` is an array with something in it. */
  hasItems(key: string): boolean {
    const span = this.#last(key);
    if (span === undefined || this.bytes[span.start] !== OPEN_ARRAY) return false;
    return skipSpace(this.bytes, span.start + 1, span.end) < span.end - 1;
  }

  /** All of it, parsed when it is first asked for, and once. */
  get json(): JsonRecord {
    if (this.#json === undefined) {
      const parsed: unknown = JSON.parse(this.bytes.toString('utf8'));
      this.#json = isRecord(parsed) ? parsed : {};
    }
    return this.#json;
  }

  #last(key: string): Span | undefined {
    for (let index = this.layout.members.length - 1; index >= 0; index--) {
      const member = this.layout.members[index];
      if (member?.key === key) return member.span;
    }
    return undefined;
  }
}

class Collector implements MemberListener {
  readonly members: Member[] = [];
  crowded = false;
  readonly #bytes: Buffer;
  #key = '';
  #valueStart = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  key(start: number, end: number, valueStart: number): void {
    this.crowded ||= this.members.length >= MOST_MEMBERS;
    if (this.crowded) return;
    this.#key = keyText(this.#bytes, start, end);
    this.#valueStart = valueStart;
  }

  valueEnd(end: number): void {
    if (!this.crowded) this.members.push({ key: this.#key, span: { start: this.#valueStart, end } });
  }
}

function keyText(bytes: Buffer, start: number, end: number): string {
  for (let at = start; at < end; at++) {
    // As a value: V8 has misread escaped keys (nodejs/node#63785).
    if (bytes[at] === BACKSLASH) return String(JSON.parse(bytes.toString('utf8', start - 1, end + 1)));
  }
  return bytes.toString('utf8', start, end);
}

function kindOf(first: number): JsonKind {
  switch (first) {
    case QUOTE:
      return 'string';
    case OPEN_OBJECT:
      return 'object';
    case OPEN_ARRAY:
      return 'array';
    case 0x74:
    case 0x66:
      return 'boolean';
    case 0x6e:
      return 'null';
    default:
      return 'number';
  }
}
