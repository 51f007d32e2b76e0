import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SearchIndex } from '../../../src/cache/vectors/redis/search-index.ts';
import { VectorIndexUnsupported } from '../../../src/cache/vectors/redis/vector-link.ts';
import { FakeClock } from '../../breakers/fake-clock.ts';
import { vectorIndexConformance } from './conformance.ts';
import { FakeSearch } from './fake-search.ts';
import { linkTo } from './link-to.ts';
import { RespError, RespServer, type RespValue } from './resp-server.ts';

for (const protocol of [2, 3] as const) {
  vectorIndexConformance(`Redis search, spoken to in RESP${protocol},`, async ({ clock, space }) => {
    const fake = new FakeSearch(protocol);
    await fake.server.listen();
    const link = await linkTo(fake.server.port, protocol);
    const open = () => new SearchIndex({ space, clock, link, keyPrefix: 'test', mostPerTenant: 10_000 });
    return {
      index: open(),
      reopen: async () => open(),
      async close() {
        link.close();
        await fake.server.close();
      },
    };
  });
}

const space = { embedder: 'te3', dimensions: 2 };
const vector = Float32Array.of(1, 0);
const bytes = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer);

describe('what Redis search is told', () => {
  it('is exactly this', async () => {
    await withServer(answerWith([0]), async (index, server, clock) => {
      await index.add({
        tenant: 'acme',
        scope: 'f00d',
        id: 'one',
        vector: Float32Array.of(0, 2),
        expiresAt: clock.now() + 5_000,
        ref: 'r',
      });
      await index.search({ tenant: 'acme', scope: 'f00d', vector, k: 3, atLeast: 0.9 });
      const shown = server.commands.map((parts) =>
        parts.map((part) => (part.length === 8 && part[0] === 0 ? '<vector>' : String(part))).join(' '),
      );
      const name = shown[0]?.split(' ')[1]?.replace(':index', '') ?? '';
      const tag = /@scope:\{([0-9a-f]{40})\}/.exec(shown.at(-1) ?? '')?.[1];
      assert.match(name, /^bw:vft:[0-9a-f]{12}$/);
      assert.deepEqual(shown, [
        `ft.create ${name}:index ON HASH PREFIX 1 ${name}:entry: SCHEMA scope TAG expires NUMERIC vector VECTOR HNSW 6 TYPE FLOAT32 DIM 2 DISTANCE_METRIC COSINE`,
        `zadd ${name}:tenants 1000000 acme`,
        `zadd ${name}:{acme} 1005000 f00d one`,
        `pexpire ${name}:{acme} 65000 NX`,
        `pexpire ${name}:{acme} 65000 GT`,
        `zcard ${name}:{acme}`,
        `hset ${name}:entry:{acme}:f00d:one owner f00d acme scope ${tag} id one expires 1005000 ref r vector <vector>`,
        `pexpire ${name}:entry:{acme}:f00d:one 5000`,
        `ft.search ${name}:index (@scope:{${tag}} @expires:[(1000000 +inf])=>[KNN 3 @vector $vector] PARAMS 2 vector <vector> RETURN 5 owner id expires ref vector LIMIT 0 3 DIALECT 2`,
      ]);
    });
  });

  it('makes one index for all scopes and tenants', async () => {
    await withServer(answerWith([0]), async (index, server) => {
      for (const tenant of ['a', 'b'])
        for (const scope of ['s', 't']) await index.search({ tenant, scope, vector, k: 1, atLeast: 0 });
      assert.equal(server.commands.filter(([name]) => String(name) === 'ft.create').length, 1);
    });
  });
});

describe('what Redis search answers', () => {
  const owned = ['owner', 'f00d acme', 'id', 'one', 'expires', '2000000', 'ref', 'r'];
  const rows: readonly [string, RespValue, readonly string[]][] = [
    ['a hit', [1, 'key', [...owned, 'vector', bytes(1, 0)]], ['one']],
    [
      'fields in another order, and others',
      [1, 'key', ['__vector_score', '0', 'vector', bytes(1, 0), ...owned]],
      ['one'],
    ],
    ['more in all than are listed', [9, 'key', [...owned, 'vector', bytes(1, 0)]], ['one']],
    ['nothing', [0], []],
    ['an entry of another scope', [1, 'key', ['owner', 'f00d other', ...owned.slice(2), 'vector', bytes(1, 0)]], []],
    ['an expired entry', [1, 'key', [...owned.slice(0, 5), '1000000', ...owned.slice(6), 'vector', bytes(1, 0)]], []],
    ['a vector that is not near at all', [1, 'key', [...owned, 'vector', bytes(0, 1)]], []],
    ['a vector of another dimension', [1, 'key', [...owned, 'vector', bytes(1, 0, 0)]], []],
    ['a vector with NaN in it', [1, 'key', [...owned, 'vector', bytes(Number.NaN, 0)]], []],
    ['an entry that was deleted meanwhile', [1, 'key', null], []],
    ['an entry without its fields', [1, 'key', []], []],
  ];
  for (const [what, answer, ids] of rows) {
    it(`may be ${what}: ${ids.length} hits`, async () => {
      await withServer(answerWith(answer), async (index) => {
        const hits = await index.search({ tenant: 'acme', scope: 'f00d', vector, k: 3, atLeast: 0.9 });
        assert.deepEqual(
          hits.map((hit) => hit.id),
          ids,
        );
      });
    });
  }

  it('in a form nobody knows is an error, and no hit', async () => {
    await withServer(answerWith(['what', 'is', 'this']), async (index) => {
      await assert.rejects(
        index.search({ tenant: 'a', scope: 's', vector, k: 1, atLeast: 0 }),
        /form that is not known/,
      );
    });
  });
});

describe('a Redis without all of search', () => {
  it('is told of in one line where it has none', async () => {
    await withServer(
      () => new RespError("ERR unknown command 'ft.create', with args beginning with: "),
      async (index) => {
        await assert.rejects(index.probe(), (error: unknown) => {
          assert.ok(error instanceof VectorIndexUnsupported);
          assert.match(
            error.message,
            /^this Redis has no search \(FT\.CREATE\) .*: set cache\.semantic\.index to [^\n]+$/,
          );
          return true;
        });
      },
    );
  });

  it('gets a flat index where it knows no HNSW', async () => {
    await withServer(
      (name, args) =>
        name === 'ft.create' && args.some((part) => String(part) === 'HNSW')
          ? new RespError('ERR bad algorithm')
          : 'OK',
      async (index, server) => {
        await index.probe();
        assert.ok(server.commands.at(-1)?.some((part) => String(part) === 'FLAT'));
      },
    );
  });

  it('may have the index already', async () => {
    await withServer(
      () => new RespError('Index already exists'),
      async (index) => index.probe(),
    );
  });

  it('that was emptied gets its index anew with the next call', async () => {
    let isEmptied = true;
    await withServer(
      (name) => (name !== 'ft.search' ? 'OK' : isEmptied ? new RespError('x: no such index') : [0]),
      async (index, server) => {
        const query = { tenant: 'a', scope: 's', vector, k: 1, atLeast: 0 };
        await assert.rejects(async () => index.search(query), /no such index/);
        isEmptied = false;
        assert.deepEqual(await index.search(query), []);
        assert.equal(server.commands.filter(([name]) => String(name) === 'ft.create').length, 2);
      },
    );
  });
});

function answerWith(found: RespValue): (name: string) => RespValue {
  return (name) => (name === 'ft.search' ? found : name === 'zcard' ? 1 : 'OK');
}

async function withServer(
  answer: (name: string, args: readonly Buffer[]) => RespValue,
  use: (index: SearchIndex, server: RespServer, clock: FakeClock) => Promise<void>,
): Promise<void> {
  const server = await new RespServer(answer).listen();
  const link = await linkTo(server.port);
  const clock = new FakeClock();
  try {
    await use(new SearchIndex({ space, clock, link, keyPrefix: 'bw', mostPerTenant: 100 }), server, clock);
  } finally {
    link.close();
    await server.close();
  }
}
