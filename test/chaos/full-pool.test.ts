import assert from 'node:assert/strict';
import { test } from 'node:test';
import { circuitOf } from './gates.ts';
import { chatChunk, DONE, httpChunk, LAST_CHUNK, rawUpstream, streamOf } from './raw-upstream.ts';
import { refusalOf } from './refusal.ts';
import { HELLO, rig } from './rig.ts';
import { openStreamAt, readAll } from './stream-reading.ts';

for (const stream of [false, true]) {
  test(`a request that finds all connections in use says nothing about the target (${stream ? 'streamed' : 'whole'})`, async (t) => {
    let finish = () => {};
    const up = await rawUpstream(t, (socket) => {
      socket.write(streamOf(chatChunk('slowly ')));
      finish = () => socket.write(httpChunk(chatChunk('done', 'stop'), DONE) + LAST_CHUNK);
    });
    const it = await rig(t, {
      upstreams: [],
      providers: `providers: {a: {baseUrl: "${up.baseUrl}", apiKey: k, connections: 1}}`,
      config: 'models: {m: {targets: [a/x], timeouts: {connect: 2s}, circuit: {failures: 1}, retries: {max: 0}}}',
    });
    const first = await openStreamAt(`${it.proxy.url}/v1`, { model: 'm' });

    const { status, code } = await refusalOf(
      it.openai.chat.completions.create({ model: 'm', messages: HELLO, stream }),
    );

    assert.equal(status, 503);
    assert.equal(code, 'server_is_overloaded');
    assert.deepEqual(
      it.records[0]?.attempts.map((one) => [one.outcome, one.code]),
      [['overloaded', 'no_free_connection']],
    );
    assert.equal(it.records[0]?.failure?.maybeBilled, false);
    assert.equal(circuitOf(it, 'a/x').state, 'closed');
    finish();
    assert.equal((await readAll(first)).text, 'slowly done');
  });
}
