import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { chatChunk, DONE, httpAnswer, LAST_CHUNK, rawUpstream, streamOf } from './raw-upstream.ts';
import { HELLO, rig } from './rig.ts';
import { readStream } from './stream-reading.ts';

const WHOLE = JSON.stringify({
  choices: [{ index: 0, message: { role: 'assistant', content: 'plain' }, finish_reason: 'stop' }],
});

test('an upstream that compresses whatever may be compressed is told not to', async (t) => {
  const up = await rawUpstream(t, (socket, request) => {
    const zipped = gzipSync(WHOLE);
    const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: ${zipped.length}\r\n\r\n`;
    if (!/^accept-encoding: identity\r$/im.test(request)) socket.write(Buffer.concat([Buffer.from(head), zipped]));
    else if (request.includes('"stream":true')) socket.write(streamOf(chatChunk('plain', 'stop'), DONE) + LAST_CHUNK);
    else socket.write(httpAnswer(WHOLE));
  });
  const it = await rig(t, {
    upstreams: [],
    providers: `providers: {a: {baseUrl: "${up.baseUrl}", apiKey: k}}`,
    config: 'models: {m: {targets: [a/x]}}',
  });

  const answer = await it.openai.chat.completions.create({ model: 'm', messages: HELLO });
  const stream = await readStream(it, { model: 'm' });

  assert.equal(answer.choices[0]?.message.content, 'plain');
  assert.equal(stream.text, 'plain');
});

for (const stream of [false, true]) {
  test(`one that compresses all the same is said to (${stream ? 'streamed' : 'whole'})`, async (t) => {
    const zipped = gzipSync(stream ? chatChunk('plain', 'stop') + DONE : WHOLE);
    const type = stream ? 'text/event-stream' : 'application/json';
    const head = `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-encoding: gzip\r\ncontent-length: ${zipped.length}\r\n\r\n`;
    const up = await rawUpstream(t, (socket) => socket.write(Buffer.concat([Buffer.from(head), zipped])));
    const it = await rig(t, {
      upstreams: [],
      providers: `providers: {a: {baseUrl: "${up.baseUrl}", apiKey: k}}`,
      config: 'models: {m: {targets: [a/x], retries: {max: 0}}}',
    });

    await assert.rejects(it.openai.chat.completions.create({ model: 'm', messages: HELLO, stream }), /compressed/);

    assert.deepEqual(
      it.records[0]?.attempts.map((one) => [one.outcome, one.code]),
      [['invalid_answer', 'compressed']],
    );
  });
}
