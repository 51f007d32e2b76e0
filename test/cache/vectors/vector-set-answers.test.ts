import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SearchIndex } from '../../../src/cache/vectors/redis/search-index.ts';
import { VectorIndexUnsupported } from '../../../src/cache/vectors/redis/vector-link.ts';
import { VectorSetIndex } from '../../../src/cache/vectors/redis/vector-set-index.ts';
import { StateUnavailable } from '../../../src/state/budget-store.ts';
import { FakeClock } from '../../breakers/fake-clock.ts';
import { FakeSearch } from './fake-search.ts';
import { linkTo } from './link-to.ts';
import { RespError, RespServer, type RespValue } from './resp-server.ts';

const space = { embedder: 'te3', dimensions: 2 };
const vector = Float32Array.of(1, 0);
const bytes = (...values: number[]) => Buffer.from(Int16Array.from(values).buffer);
const query = { tenant: 'acme', scope: 'f00d', vector, k: 3, atLeast: 0.9 };

describe('what vector sets are told', () => {
  it('is exactly this', async () => {
    await withServer(
      (name) => (name === 'vsim' ? [] : 1),
      async (index, server, clock) => {
        const entry = { tenant: 'acme', scope: 'f00d', id: 'one', vector: Float32Array.of(0, 2) };
        await index.add({ ...entry, expiresAt: clock.now() + 5_000, ref: 'r' });
        await index.search(query);
        const shown = server.commands.map((parts) =>
          parts
            .map((part) =>
              part.length === 2_048 ? '<512 signs>' : part.length === 4 && part[0] === 0 ? '<vector>' : String(part),
            )
            .join(' '),
        );
        const name = shown[0]?.split(' ')[1]?.replace(':tenants', '');
        assert.match(name ?? '', /^bw:vset:[0-9a-f]{12}$/);
        assert.deepEqual(shown, [
          `zadd ${name}:tenants 1000000 acme`,
          `zadd ${name}:{acme} 1005000 f00d one`,
          `pexpire ${name}:{acme} 65000 NX`,
          `pexpire ${name}:{acme} 65000 GT`,
          `zcard ${name}:{acme}`,
          `hset ${name}:{acme}:entry:f00d one owner f00d acme id one expires 1005000 ref r vector <vector>`,
          `pexpire ${name}:{acme}:entry:f00d one 5000`,
          `vadd ${name}:{acme}:codes:f00d FP32 <512 signs> one CAS BIN`,
          `pexpire ${name}:{acme}:codes:f00d 65000 NX`,
          `pexpire ${name}:{acme}:codes:f00d 65000 GT`,
          `vsim ${name}:{acme}:codes:f00d FP32 <512 signs> WITHSCORES COUNT 31 EF 64 NOTHREAD`,
        ]);
      },
    );
  });
});

describe('a hit of a vector set', () => {
  const fields = (over: Record<string, RespValue> = {}): RespValue =>
    Object.values({ owner: 'f00d acme', id: 'one', expires: '2000000', ref: 'r', vector: bytes(32_767, 0), ...over });
  const rows: readonly [string, RespValue, readonly string[]][] = [
    ['counts where its entry says so too', fields(), ['one']],
    ['counts not where its vector is not near', fields({ vector: bytes(0, 32_767) }), []],
    ['counts not where its vector is one of zeros', fields({ vector: bytes(0, 0) }), []],
    ['counts not where its vector has another dimension', fields({ vector: bytes(32_767, 0, 0) }), []],
    ['counts not where it has expired', fields({ expires: '1000000' }), []],
    ['counts not where it has no time', fields({ expires: 'never' }), []],
    ['counts not where it is of another scope', fields({ owner: 'beef acme' }), []],
    ['counts not where it is of another tenant', fields({ owner: 'f00d other' }), []],
    ['counts not where it was removed meanwhile', [null, null, null, null, null], []],
    ['counts not where a part of it is missing', fields({ ref: null }), []],
  ];
  for (const [what, entry, ids] of rows) {
    it(what, async () => {
      const answers: Record<string, RespValue> = { vsim: ['one', '0.9999'], hmget: entry };
      await withServer(
        (name) => answers[name] ?? null,
        async (index) => {
          const hits = await index.search(query);
          assert.deepEqual(
            hits.map((hit) => hit.id),
            ids,
          );
        },
      );
    });
  }

  it('that is far by its score is not asked about', async () => {
    await withServer(
      () => ['one', '0.7', 'two', '0.5'],
      async (index, server) => {
        assert.deepEqual(await index.search(query), []);
        assert.equal(server.commands.length, 1);
      },
    );
  });
});

describe('a Redis without vector sets', () => {
  it('is told of in one line', async () => {
    await withServer(
      () => new RespError("ERR unknown command 'vcard'"),
      async (index) => {
        await assert.rejects(index.probe(), (error: unknown) => {
          assert.ok(error instanceof VectorIndexUnsupported);
          assert.match(
            error.message,
            /^this Redis has no vector sets [^\n]*: it takes Redis 8, or cache\.semantic\.index: memory$/,
          );
          return true;
        });
      },
    );
  });

  it('is not said of one that is away', async () => {
    await withServer(
      () => 1,
      async (index, server) => {
        await server.close();
        await assert.rejects(index.probe(), (error) => error instanceof StateUnavailable);
        await assert.rejects(index.search(query), (error) => error instanceof StateUnavailable);
      },
    );
  });
});

describe('entries in Redis', () => {
  it('make room, those first that expire soonest, where a tenant has too many', async (test) => {
    const fake = new FakeSearch(2);
    await fake.server.listen();
    test.after(() => fake.server.close());
    const link = await linkTo(fake.server.port);
    test.after(() => link.close());
    const clock = new FakeClock();
    const index = new SearchIndex({ space, clock, link, keyPrefix: 'bw', mostPerTenant: 3 });
    const minutes = [5, 3, 4, 6, 7];
    for (const [tenant, ttl] of [['other', 1] as const, ...minutes.map((each) => ['acme', each] as const)])
      await index.add({ tenant, scope: 's', id: `in${ttl}`, vector, expiresAt: clock.now() + ttl * 60_000, ref: '' });
    const idsOf = async (tenant: string) =>
      (await index.search({ tenant, scope: 's', vector, k: 9, atLeast: 0 })).map((hit) => hit.id).sort();
    assert.deepEqual(await idsOf('acme'), ['in5', 'in6', 'in7']);
    assert.deepEqual(await idsOf('other'), ['in1']);
    assert.equal(fake.documents.size, 4);
  });
});

async function withServer(
  answer: (name: string, args: readonly Buffer[]) => RespValue,
  use: (index: VectorSetIndex, server: RespServer, clock: FakeClock) => Promise<void>,
): Promise<void> {
  const server = await new RespServer(answer).listen();
  const link = await linkTo(server.port);
  const clock = new FakeClock();
  try {
    await use(new VectorSetIndex({ space, clock, link, keyPrefix: 'bw', mostPerTenant: 100 }), server, clock);
  } finally {
    link.close();
    await server.close();
  }
}
