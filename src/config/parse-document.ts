import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import { ConfigError } from './config-error.ts';
import { ConfigDocument } from './document.ts';
import { type Environment, interpolate } from './interpolate.ts';
import { isSecret, type Path } from './path.ts';
import { syntaxMessage } from './syntax-message.ts';

/** No configuration is as long; garbage of this size holds up a serving process for a second or two when it is reloaded. */
const MAX_CHARACTERS = 8 * 1024 * 1024;
/** Values after aliases are expanded: nine lines of nested aliases would else make a billion. */
const MAX_VALUES = 500_000;
const MAX_DEPTH = 24;
/** After some, what follows is an echo of the first. */
const MAX_SYNTAX_ERRORS = 10;

/**
 * Parses a YAML file into a value with positions; aliases, `<<` merges and `${NAME}` are resolved on the way. Throws
 * {@link ConfigError} where the text is no YAML; other problems are collected on the document, for all to be told at once.
 */
export function parseConfigDocument(file: string, source: string, env: Environment): ConfigDocument {
  const lines = new LineCounter();
  const document = new ConfigDocument(file, source, lines);
  if (source.length > MAX_CHARACTERS) return refuse(document, `longer than ${MAX_CHARACTERS} characters`);
  let yaml: Document.Parsed;
  let aliases: AliasTargets;
  try {
    yaml = parseDocument(source, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: false,
      // 'silent' would pass over a second document.
      logLevel: 'error',
    });
    aliases = findAliasTargets(yaml);
  } catch (error) {
    // The parser recurses: ten thousand opening brackets exhaust the stack.
    return refuse(document, error instanceof RangeError ? 'nested too deeply' : 'not YAML');
  }
  for (const error of [...yaml.errors, ...yaml.warnings].slice(0, MAX_SYNTAX_ERRORS)) {
    document.reportAt(error.pos[0], [], syntaxMessage(error.code, source, error.pos[0]));
  }
  if (document.problems.length > 0) throw new ConfigError(document.problems);
  document.value = new Expander(document, yaml.contents, aliases, env).expand();
  return document;
}

function refuse(document: ConfigDocument, message: string): never {
  document.reportAt(0, [], message);
  throw new ConfigError(document.problems);
}

type AliasTargets = ReadonlyMap<Alias, Node | undefined>;

/**
 * What each alias stands for: the last anchor of its name before it. Found in one walk; `Alias.resolve` walks the whole
 * document for each, and a file of a thousand aliases takes seconds.
 */
function findAliasTargets(yaml: Document.Parsed): AliasTargets {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node | undefined>();
  visit(yaml, {
    Alias: (_, alias) => void targets.set(alias, anchors.get(alias.source)),
    Value: (_, node) => {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

/** Walks the YAML nodes once, in order. */
class Expander {
  readonly #document: ConfigDocument;
  readonly #root: Node | null;
  readonly #aliases: AliasTargets;
  readonly #env: Environment;
  /** Nodes being expanded: an alias to one of them would never end. */
  readonly #open = new Set<Node>();
  #left = MAX_VALUES;

  constructor(document: ConfigDocument, root: Node | null, aliases: AliasTargets, env: Environment) {
    this.#document = document;
    this.#root = root;
    this.#aliases = aliases;
    this.#env = env;
  }

  expand(): unknown {
    return this.#value(this.#root, [], undefined);
  }

  #value(given: unknown, path: Path, key: Scalar | undefined): unknown {
    this.#left -= 1;
    const keyOffset = key?.range?.[0];
    if (this.#left < 0) return refuse(this.#document, `more than ${MAX_VALUES} values once its aliases are expanded`);
    const node = this.#resolve(given, path, keyOffset);
    if (node === undefined) {
      this.#document.place(path, { offset: keyOffset ?? 0, keyOffset, template: undefined });
      return null;
    }
    if (path.length > MAX_DEPTH || this.#open.has(node)) {
      const message = this.#open.has(node) ? 'an alias that contains itself' : 'nested too deeply';
      const written = isAlias(given) ? given : node;
      this.#document.reportAt(written.range?.[0] ?? keyOffset ?? 0, path, message);
      return null;
    }
    this.#open.add(node);
    const value = this.#collectionOrScalar(node, path, keyOffset);
    this.#open.delete(node);
    return value;
  }

  #resolve(given: unknown, path: Path, keyOffset: number | undefined): Node | undefined {
    if (!isAlias(given)) return isScalar(given) || isMap(given) || isSeq(given) ? given : undefined;
    const target = this.#aliases.get(given);
    if (target === undefined) {
      this.#document.reportAt(
        given.range?.[0] ?? keyOffset ?? 0,
        path,
        'an alias without an anchor ("&name") before it',
      );
    }
    return target;
  }

  #collectionOrScalar(node: Node, path: Path, keyOffset: number | undefined): unknown {
    const offset = node.range?.[0] ?? keyOffset ?? 0;
    if (isScalar(node)) return this.#scalar(node, offset, path, keyOffset);
    this.#document.place(path, { offset, keyOffset, template: undefined });
    if (isSeq(node)) return node.items.map((item, index) => this.#value(item, [...path, index], undefined));
    const object: Record<string, unknown> = Object.create(null);
    if (isMap(node)) {
      this.#fill(object, node, path);
      this.#merge(object, node, path);
    }
    return object;
  }

  #scalar(node: Scalar, offset: number, path: Path, keyOffset: number | undefined): unknown {
    if (typeof node.value !== 'string') {
      this.#document.place(path, { offset, keyOffset, template: undefined });
      return node.value;
    }
    const { value, fromEnvironment, faults } = interpolate(node.value, this.#env);
    this.#document.place(path, { offset, keyOffset, template: fromEnvironment ? node.value : undefined });
    for (const { text, occurrence, message } of faults) {
      this.#document.reportAt(this.#find(node, text, occurrence) ?? offset, path, message);
    }
    return value;
  }

  /** Where a reference stands in the source: the scalar may begin with a quote, or run over several lines. */
  #find(node: Scalar, text: string, occurrence: number): number | undefined {
    const [from, to] = node.range ?? [0, 0];
    const source = this.#document.text(from, to);
    let index = source.indexOf(text);
    for (let skipped = 0; index >= 0 && skipped < occurrence; skipped++)
      index = source.indexOf(text, index + text.length);
    return index < 0 ? undefined : from + index;
  }

  #fill(object: Record<string, unknown>, map: YAMLMap, path: Path): void {
    for (const pair of map.items) {
      const name = this.#name(pair, path);
      if (name === undefined || name.text === '<<') continue;
      const inner = [...path, name.text];
      if (Object.hasOwn(object, name.text)) {
        // The name itself may be a secret: `apiKeys: {sk-a, sk-a}` with braces for brackets.
        this.#document.reportAt(name.offset, isSecret(inner) ? path : inner, 'is written twice');
      } else {
        object[name.text] = this.#value(pair.value, inner, isScalar(pair.key) ? pair.key : undefined);
      }
    }
  }

  #name(pair: Pair, path: Path): { text: string; offset: number } | undefined {
    const { key } = pair;
    const offset = isScalar(key) || isMap(key) || isSeq(key) || isAlias(key) ? (key.range?.[0] ?? 0) : 0;
    if (!isScalar(key)) {
      this.#document.reportAt(offset, path, 'a key must be plain text; quote text that begins with "{", "[" or "*"');
      return undefined;
    }
    const text = typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
    if (text === '__proto__') {
      this.#document.reportAt(offset, path, '"__proto__" is no key here');
      return undefined;
    }
    return { text, offset };
  }

  /** `<<: *base` and `<<: [*a, *b]`: keys written here win, then the earlier of the list. */
  #merge(object: Record<string, unknown>, map: YAMLMap, path: Path): void {
    for (const pair of map.items) {
      if (!isScalar(pair.key) || pair.key.value !== '<<') continue;
      const sources = isSeq(pair.value) ? pair.value.items : [pair.value];
      for (const source of sources) {
        const node = isAlias(source) ? this.#aliases.get(source) : source;
        if (isMap(node) && !this.#open.has(node)) this.#mergeFrom(object, node, path);
        else
          this.#document.reportAt(
            pair.key.range?.[0] ?? 0,
            path,
            '"<<" takes an alias of a mapping, or a list of them',
          );
      }
    }
  }

  #mergeFrom(object: Record<string, unknown>, map: YAMLMap, path: Path): void {
    this.#open.add(map);
    for (const pair of map.items) {
      const name = this.#name(pair, path);
      if (name === undefined || name.text === '<<' || Object.hasOwn(object, name.text)) continue;
      object[name.text] = this.#value(pair.value, [...path, name.text], isScalar(pair.key) ? pair.key : undefined);
    }
    this.#merge(object, map, path);
    this.#open.delete(map);
  }
}
