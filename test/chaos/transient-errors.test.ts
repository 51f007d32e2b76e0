import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HELLO, rig } from './rig.ts';

const ONE_TARGET = 'models: {m: {targets: [a/sim-ok]}}';

for (const [row, status] of [
  [1, 500],
  [2, 502],
  [3, 503],
  [4, 529],
] as const) {
  test(`row ${row}: a ${status} once, then 200: answered in two tries`, async (t) => {
    const { upstreams, openai, records } = await rig(t, { config: ONE_TARGET });
    const [a] = upstreams;
    a?.script('sim-ok', String(status));

    const { data, response } = await openai.chat.completions.create({ model: 'm', messages: HELLO }).withResponse();

    assert.equal(data.choices[0]?.finish_reason, 'stop');
    assert.equal(response.headers.get('x-breakwater-attempts'), '2');
    assert.equal(response.headers.get('x-breakwater-status'), 'ok');
    assert.equal(a?.requestCount, 2);
    assert.deepEqual(
      records.map((record) => record.status),
      ['ok'],
    );
  });
}
