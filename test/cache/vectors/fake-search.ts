import { RespError, RespServer, type RespValue } from './resp-server.ts';
import { trueCosine } from './sample-vectors.ts';

interface FakeIndex {
  readonly prefix: string;
  readonly dimensions: number;
}

type Document = Map<string, Buffer>;

/**
 * A server with search, as far as the product uses it: it takes the commands in the exact form that the product sends, compares with
 * all, and answers in the shapes that real servers do. What it does not know it refuses: a command outside the common subset fails a test.
 */
export class FakeSearch {
  readonly indexes = new Map<string, FakeIndex>();
  readonly documents = new Map<string, Document>();
  readonly #sorted = new Map<string, Map<string, number>>();
  readonly server: RespServer;

  /** @param form the protocol's version, which decides what a search is answered with */
  constructor(form: 2 | 3) {
    this.server = new RespServer((name, args) => this.#run(form, name, args));
  }

  #run(form: 2 | 3, name: string, args: readonly Buffer[]): RespValue {
    const texts = args.map(String);
    const [key = '', ...rest] = texts;
    switch (name) {
      case 'ft.create':
        return this.#create(key, rest.join(' '));
      case 'ft.search':
        return this.#search(form, key, rest, args);
      case 'hset':
        for (let i = 1; i + 1 < args.length; i += 2) {
          const document = this.documents.get(key) ?? new Map<string, Buffer>();
          this.documents.set(key, document.set(String(args[i]), Buffer.from(args[i + 1] ?? '')));
        }
        return (args.length - 1) / 2;
      case 'unlink':
        return this.documents.delete(key) ? 1 : 0;
      case 'pexpire':
        return 1;
      default:
        return this.#runSorted(name, key, rest);
    }
  }

  #create(name: string, definition: string): RespValue {
    if (this.indexes.has(name)) return new RespError('Index already exists');
    const form =
      /^ON HASH PREFIX 1 (\S+) SCHEMA scope TAG expires NUMERIC vector VECTOR (HNSW|FLAT) 6 TYPE FLOAT32 DIM (\d+) DISTANCE_METRIC COSINE$/;
    const [, prefix, , dimensions] = form.exec(definition) ?? [];
    if (prefix === undefined) return new RespError(`ERR fake: not the form expected: ${definition}`);
    this.indexes.set(name, { prefix, dimensions: Number(dimensions) });
    return 'OK';
  }

  #search(form: 2 | 3, name: string, texts: readonly string[], args: readonly Buffer[]): RespValue {
    const index = this.indexes.get(name);
    if (index === undefined) return new RespError(`${name}: no such index`);
    const [query = '', ...how] = texts;
    const [, tag, after, count] =
      /^\(@scope:\{([0-9a-f]+)\} @expires:\[\((\d+(?:\.\d+)?) \+inf\]\)=>\[KNN (\d+) @vector \$vector\]$/.exec(query) ??
      [];
    const blob = args[5];
    const rest = [...how.slice(0, 3), '<blob>', ...how.slice(4)].join(' ');
    const expected = `PARAMS 2 vector <blob> RETURN 5 owner id expires ref vector LIMIT 0 ${count} DIALECT 2`;
    if (tag === undefined || rest !== expected || blob?.length !== index.dimensions * 4)
      return new RespError(`ERR fake: not the form expected: ${query} ${rest}`);
    const wanted = floats(blob);
    const found = [...this.documents]
      .filter(([key, fields]) => key.startsWith(index.prefix) && String(fields.get('scope')) === tag)
      .filter(([, fields]) => Number(fields.get('expires')) > Number(after))
      .map(([key, fields]) => ({ key, fields, cosine: trueCosine(wanted, floats(fields.get('vector') ?? blob)) }))
      .sort((one, other) => other.cosine - one.cosine)
      .slice(0, Number(count))
      // No server promises an order without SORTBY.
      .reverse();
    return reply(form, found);
  }

  #runSorted(name: string, key: string, args: readonly string[]): RespValue {
    const set = this.#sorted.get(key) ?? new Map<string, number>();
    const byScore = [...set].sort(([one, a], [other, b]) => a - b || (one < other ? -1 : 1));
    const [first = '', second = ''] = args;
    switch (name) {
      case 'zadd':
        this.#sorted.set(key, set.set(second, Number(first)));
        return 1;
      case 'zcard':
        return set.size;
      case 'zrem':
        return args.filter((member) => set.delete(member)).length;
      case 'zremrangebyscore':
        return byScore.filter(([member, score]) => score <= Number(second) && set.delete(member)).length;
      case 'zrange':
        return byScore.slice(Number(first), Number(second) + 1).map(([member]) => member);
      case 'zrangebyscore':
        return byScore.filter(([, score]) => score <= Number(second)).map(([member]) => member);
      case 'zscan':
        // In one go, with a pattern that is a literal and a star.
        return [
          '0',
          byScore
            .filter(([member]) => member.startsWith((args[2] ?? '').slice(0, -1).replace(/\\(.)/g, '$1')))
            .flatMap(([member, score]) => [member, `${score}`]),
        ];
      default:
        return new RespError(`ERR unknown command '${name}'`);
    }
  }
}

/** As Redis 8 answers in each version of the protocol. */
function reply(form: 2 | 3, found: readonly { readonly key: string; readonly fields: Document }[]): RespValue {
  const returned = (fields: Document): [string, RespValue][] =>
    ['owner', 'id', 'expires', 'ref', 'vector'].flatMap((name) => {
      const value = fields.get(name);
      return value === undefined ? [] : [[name, value]];
    });
  if (form === 2)
    return [found.length, ...found.flatMap(({ key, fields }): RespValue[] => [key, returned(fields).flat()])];
  const results = found.map(
    ({ key, fields }) =>
      new Map<string, RespValue>([
        ['id', key],
        ['extra_attributes', new Map(returned(fields))],
        ['values', []],
      ]),
  );
  return new Map<string, RespValue>([
    ['attributes', []],
    ['warning', []],
    ['total_results', found.length],
    ['format', 'STRING'],
    ['results', results],
  ]);
}

function floats(bytes: Buffer): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer);
}
