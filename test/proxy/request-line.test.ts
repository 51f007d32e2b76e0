import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HELLO, rig } from '../chaos/rig.ts';

const ASK = { model: 'm', messages: HELLO };

test('a try that was waited for says how long, and times are told to the microsecond', async (t) => {
  const it = await rig(t, { config: 'models: {m: {targets: [a/sim-once-429-after-1s]}}' });

  await it.openai.chat.completions.create(ASK);

  const [first, second] = it.records[0]?.attempts ?? [];
  assert.deepEqual([first?.outcome, first?.waitMs], ['rate_limited', undefined]);
  assert.equal(second?.outcome, 'ok');
  assert.ok((second?.waitMs ?? 0) >= 1000, JSON.stringify(second));
  const { ms = Number.NaN, firstTokenMs = Number.NaN } = it.records[0] ?? {};
  for (const time of [ms, firstTokenMs, first?.ms, second?.ms, second?.waitMs])
    assert.match(String(time), /^\d+(\.\d{1,3})?$/);
});

test('the line of a request says whether its answer was a kept one, as its headers do', async (t) => {
  const it = await rig(t, {
    config: 'models: {m: {targets: [a/sim-ok]}}\ncache: {exact: on, idempotency: on}\nstate: memory',
  });
  for (const headers of [{}, {}, { 'idempotency-key': 'k' }, { 'idempotency-key': 'k' }])
    await it.openai.chat.completions.create(ASK, { headers });

  assert.deepEqual(
    it.records.map(({ cache, replayed }) => [cache?.split(';')[0], replayed]),
    [
      ['miss', undefined],
      ['exact', undefined],
      ['exact', undefined],
      [undefined, true],
    ],
  );
});
