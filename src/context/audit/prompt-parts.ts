import { hash } from 'node:crypto';
import type { Endpoint } from '../../dialects/endpoint.ts';
import { eachItem } from '../../dialects/item-spans.ts';
import { JsonMembers, type Span } from '../../dialects/json-members.ts';
import { isRecord, parseJsonText } from '../../failures/json-record.ts';

/** The part of a request that is the same each time: its system prompt and its tools, found in the bytes. */
export class PromptParts {
  /** Bytes of both, as they are written. */
  readonly systemBytes: number;
  readonly toolBytes: number;
  readonly #bytes: Buffer;
  readonly #system: readonly Span[];
  readonly #tools: Span | undefined;

  private constructor(bytes: Buffer, system: readonly Span[], tools: Span | undefined) {
    this.#bytes = bytes;
    this.#system = system;
    this.#tools = tools;
    this.systemBytes = system.reduce((sum, { start, end }) => sum + end - start, 0);
    this.toolBytes = tools === undefined ? 0 : tools.end - tools.start;
  }

  /** Undefined where there is neither. */
  static of(endpoint: Endpoint, body: JsonMembers): PromptParts | undefined {
    const system: Span[] = [];
    if (endpoint === 'messages') system.push(...spansOf(body, 'system'));
    else if (endpoint === 'chat') leading(body, 'messages', system);
    else if (endpoint === 'responses') {
      system.push(...spansOf(body, 'instructions'));
      leading(body, 'input', system);
    } else return undefined;
    const [tools] = body.hasItems('tools') ? spansOf(body, 'tools') : [];
    return system.length === 0 && tools === undefined ? undefined : new PromptParts(body.bytes, system, tools);
  }

  /** Names the two as they are written: 20 kB take some 15 us. */
  key(): string {
    const parts = this.#tools === undefined ? this.#system : [...this.#system, this.#tools];
    const [only, ...more] = parts.map(({ start, end }) => this.#bytes.subarray(start, end));
    const all = only !== undefined && more.length === 0 ? only : Buffer.concat([only ?? Buffer.alloc(0), ...more]);
    return `${this.systemBytes}:${hash('sha256', all, 'base64url').slice(0, 32)}`;
  }

  /** The system prompt's text. */
  text(): string {
    return this.#system
      .map(({ start, end }) => textOf(parseJsonText(this.#bytes.toString('utf8', start, end))))
      .join('\n');
  }

  /** JSON text of the list of tools; empty: none. */
  tools(): string {
    return this.#tools === undefined ? '' : this.#bytes.toString('utf8', this.#tools.start, this.#tools.end);
  }
}

function spansOf(body: JsonMembers, key: string): readonly Span[] {
  const kind = body.kind(key);
  return kind === undefined || kind === 'null' ? [] : body.spans(key).slice(-1);
}

/** The messages before the first of a user or a model. */
function leading(body: JsonMembers, key: string, into: Span[]): void {
  const [array] = body.spans(key).slice(-1);
  if (array === undefined) return;
  for (const item of eachItem(body.bytes, array)) {
    const role = roleOf(body.bytes, item);
    if (role !== 'system' && role !== 'developer') return;
    into.push(item);
  }
}

/** Long enough for a type and a role with white space around them. */
const HEAD_BYTES = 64;
const ROLE_FIRST = /^\{\s*(?:"type"\s*:\s*"message"\s*,\s*)?"role"\s*:\s*"([a-z]+)"/;

/** Mostly it is said first: then the text behind it, which may be long, is not read for it. */
function roleOf(bytes: Buffer, { start, end }: Span): unknown {
  const head = ROLE_FIRST.exec(bytes.toString('latin1', start, Math.min(end, start + HEAD_BYTES)));
  if (head !== null) return head[1];
  const message = JsonMembers.read(bytes.subarray(start, end));
  return message instanceof JsonMembers && message.kind('role') === 'string' ? message.value('role') : undefined;
}

/** A string, parts with text, or a message with either. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(textOf).join('\n');
  if (!isRecord(value)) return '';
  return typeof value.text === 'string' ? value.text : textOf(value.content ?? '');
}
