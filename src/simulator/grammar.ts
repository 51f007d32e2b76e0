import { parseDuration, parseSize } from '../config/units.ts';
import { type Behaviour, change, OK } from './behaviour.ts';
import { type Gate, TERMS, type Term, type Values } from './terms.ts';

/** Model names that begin so are behaviours; every other name is a good model. */
export const PREFIX = 'sim-';

/** A behaviour as named: what every request meets, and what those meet that the gate picks. */
export interface NamedBehaviour {
  readonly always: Behaviour;
  readonly gated: { readonly gate: Gate; readonly behaviour: Behaviour } | undefined;
}

/** A name the grammar cannot read. `message` names the part and lists its kin. */
export class UnknownBehaviourError extends Error {
  readonly behaviour: string;
  constructor(behaviour: string, reason: string) {
    super(`unknown behaviour "${behaviour}": ${reason}`);
    this.name = 'UnknownBehaviourError';
    this.behaviour = behaviour;
  }
}

interface Reader {
  readonly term: Term;
  readonly pattern: RegExp;
  readonly parameters: readonly string[];
}

const PARAMETERS: Readonly<Record<string, string>> = {
  count: '(\\d{1,9})',
  duration: '(\\d+(?:\\.\\d+)?(?:ms|s|m|h|d))',
  size: '(\\d+(?:\\.\\d+)?(?:B|kB|KB|MB|KiB|MiB))',
  share: '(0|1|0?\\.\\d+)',
};

const READERS: readonly Reader[] = Object.values(TERMS).flat().map(compile);

/** Bounded, because model names come from requests. */
const MAX_REMEMBERED = 2000;
const remembered = new Map<string, NamedBehaviour>();

/**
 * Reads a behaviour: terms of the grammar joined by `-`, with or without the `sim-` prefix. Anything behind an `@` is a
 * label, so that one behaviour can stand for several models: `sim-500@eu`.
 *
 * @throws {UnknownBehaviourError} where a part is no term
 */
export function parseBehaviour(name: string): NamedBehaviour {
  const known = remembered.get(name);
  if (known !== undefined) return known;
  const parsed = parse(name);
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  remembered.set(name, parsed);
  return parsed;
}

function parse(name: string): NamedBehaviour {
  const label = name.indexOf('@');
  const text = name.slice(name.startsWith(PREFIX) ? PREFIX.length : 0, label === -1 ? undefined : label);
  const draft = new Draft(name);
  let at = 0;
  do {
    const { term, values, end } = longestTerm(name, text, at);
    draft.add(term, values, text.slice(at, end));
    at = end + 1;
  } while (at <= text.length);
  return draft.finish();
}

/** The terms before a gate go into `always`; those behind it only into `gated`. */
class Draft {
  readonly #name: string;
  #gate: Gate | undefined;
  #always = OK;
  #gated = OK;
  #alwaysTerms: string[] = [];
  #gatedTerms: string[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  add(term: Term, values: Values, spelling: string): void {
    if (term.gate !== undefined) {
      if (this.#gate !== undefined) throw new UnknownBehaviourError(this.#name, 'it has two gates');
      this.#gate = term.gate(values);
      this.#gated = this.#always;
    } else if (this.#gate === undefined) {
      this.#always = this.#apply(term, this.#always, values);
      this.#alwaysTerms.push(spelling);
    } else {
      this.#gated = this.#apply(term, this.#gated, values);
      this.#gatedTerms.push(spelling);
    }
  }

  finish(): NamedBehaviour {
    const name = this.#alwaysTerms.join('-') || OK.name;
    const always = change(this.#always, { name });
    if (this.#gate === undefined) return { always, gated: undefined };
    if (this.#gatedTerms.length === 0) {
      if (this.#gate.kind !== 'share') throw new UnknownBehaviourError(this.#name, 'nothing follows its gate');
      this.#gated = change(this.#gated, { reply: { error: { status: 500 }, hints: [], html: false } });
      this.#gatedTerms.push('500');
    }
    const gatedName = [...this.#alwaysTerms, ...this.#gatedTerms].join('-');
    return { always, gated: { gate: this.#gate, behaviour: change(this.#gated, { name: gatedName }) } };
  }

  #apply(term: Term, behaviour: Behaviour, values: Values): Behaviour {
    try {
      return term.apply === undefined ? behaviour : term.apply(behaviour, values);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw new UnknownBehaviourError(this.#name, cause.message);
    }
  }
}

/** The longest term at a place wins: `reset-reused` is not `reset` and a rest. */
function longestTerm(name: string, text: string, at: number): { term: Term; values: Values; end: number } {
  let best: { term: Term; values: Values; end: number } | undefined;
  for (const { term, pattern, parameters } of READERS) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) continue;
    const end = at + match[0].length;
    if (best !== undefined && best.end >= end) continue;
    best = { term, values: parameters.map((kind, i) => readValue(name, kind, match[i + 1])), end };
  }
  if (best === undefined) throw new UnknownBehaviourError(name, `"${text.slice(at)}" begins with no known term`);
  return best;
}

function compile(term: Term): Reader {
  const parameters: string[] = [];
  const source = term.syntax
    .replace(/\[/g, '(?:')
    .replace(/\]/g, ')?')
    .replace(/\{(\w+)\}/g, (_, kind: string) => {
      parameters.push(kind);
      return PARAMETERS[kind] ?? '';
    });
  return { term, parameters, pattern: new RegExp(`${source}(?=-|$)`, 'y') };
}

function readValue(name: string, kind: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (kind !== 'duration' && kind !== 'size') return Number(text);
  const parsed = kind === 'duration' ? parseDuration(text) : parseSize(text);
  if (!parsed.ok) throw new UnknownBehaviourError(name, `"${text}": ${parsed.reason}`);
  return parsed.value;
}
