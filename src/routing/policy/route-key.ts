import { hash } from 'node:crypto';
import type { JsonMembers, Span } from '../../dialects/json-members.ts';
import { skipSpace } from '../../dialects/json-scan.ts';
import { MOST_TEXT, writeNormal } from './normal-text.ts';
import type { Opening } from './opening.ts';

/** A name that a client gives its kind of work. */
const NAMED = /^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,127}$/;
/** Bytes of the list of tools that are searched for names, and how many names are enough. */
const MOST_TOOLS = 65_536;
const MOST_NAMES = 128;
const LONGEST_NAME = 128;
/** Bytes of a wish for an answer in a form. */
const MOST_FORM = 4_096;

const NAME = Buffer.from('"name"');
const JSON_MARK = Buffer.from('"json');
const QUOTE = 0x22;
const COLON = 0x3a;
const SEPARATOR = 0x0a;

const FORMS = ['response_format', 'text', 'output_format', 'output_config'] as const;

/** Room for all that goes into a fingerprint. Shared: it is made in one go. */
const scratch = Buffer.alloc(4 * MOST_TEXT + MOST_NAMES * (LONGEST_NAME + 1) + FORMS.length * MOST_FORM + 1_024);
/** Parts of a system prompt beyond it are not looked at. */
const MOST_SYSTEM = 4 * MOST_TEXT;

/** Whether a client may call its kind of work that: letters, digits and `_.:/-`, up to 128. */
export function isRouteName(name: string): boolean {
  return NAMED.test(name);
}

/** Stands for the system prompt without numbers and dates; empty where there is none. */
export function systemPrintOf({ bytes }: JsonMembers, { system }: Opening): string {
  let at = 0;
  for (const { start, end } of system) {
    if (at + MOST_TEXT > MOST_SYSTEM) break;
    at = writeNormal(bytes, start, end, scratch, at);
  }
  return at === 0 ? '' : printOf(at);
}

/**
 * A name for the kind of work that a request belongs to, where its client gives none: told from its system prompt, the names of its tools,
 * and the form of answer it asks for. What nobody can tell apart is `plain`.
 *
 * @param system of {@link systemPrintOf}
 */
export function fingerprintOf(body: JsonMembers, system: string): string {
  let at = scratch.write(system, 0, 'latin1');
  for (const name of toolNames(body)) {
    scratch[at++] = SEPARATOR;
    at += scratch.write(name, at, 'latin1');
  }
  for (const form of FORMS) {
    const span = body.kind(form) === 'object' ? body.spans(form).at(-1) : undefined;
    if (span === undefined) continue;
    const part = body.bytes.subarray(span.start, Math.min(span.end, span.start + MOST_FORM));
    if (!part.includes(JSON_MARK)) continue;
    scratch[at++] = SEPARATOR;
    at += part.copy(scratch, at);
  }
  return at === 0 ? 'plain' : `sys-${printOf(at)}`;
}

function printOf(end: number): string {
  return hash('sha256', scratch.subarray(0, end), 'base64url').slice(0, 16);
}

/** Names in the list of tools, in order of the alphabet: as far as the bound reaches, whatever else is called so in a schema. */
function toolNames(body: JsonMembers): readonly string[] {
  const key = body.hasItems('tools') ? 'tools' : body.hasItems('functions') ? 'functions' : undefined;
  const span: Span | undefined = key === undefined ? undefined : body.spans(key).at(-1);
  if (span === undefined) return [];
  const near = body.bytes.subarray(span.start, Math.min(span.end, span.start + MOST_TOOLS));
  const names: string[] = [];
  for (let at = near.indexOf(NAME); at >= 0 && names.length < MOST_NAMES; at = near.indexOf(NAME, at)) {
    at += NAME.length;
    const name = stringAfter(near, at);
    if (name !== undefined) names.push(name);
  }
  return names.sort();
}

/** The string that is the value of the key that ends at `at`; undefined where it is something else, or long. */
function stringAfter(bytes: Buffer, at: number): string | undefined {
  const colon = skipSpace(bytes, at, bytes.length);
  if (bytes[colon] !== COLON) return undefined;
  const open = skipSpace(bytes, colon + 1, bytes.length);
  if (bytes[open] !== QUOTE) return undefined;
  const close = bytes.indexOf(QUOTE, open + 1);
  return close < 0 || close - open > LONGEST_NAME ? undefined : bytes.toString('latin1', open + 1, close);
}
