import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpAnswer, rawUpstream } from './raw-upstream.ts';
import { HELLO, rig } from './rig.ts';

/** An error of which the status comes, and then never all of the body it announced. */
const endless = (status: string, body: string, headers = '') =>
  `HTTP/1.1 ${status}\r\n${headers}content-type: application/json\r\ncontent-length: 4000\r\n\r\n${body}`;

const WHOLE = httpAnswer(
  JSON.stringify({
    id: 'x',
    object: 'chat.completion',
    created: 1,
    model: 'raw',
    choices: [{ index: 0, message: { role: 'assistant', content: 'rescued' }, finish_reason: 'stop' }],
  }),
);

const CASES = [
  { status: '503 Service Unavailable', body: '', outcome: 'overloaded', next: true },
  { status: '429 Too Many Requests', body: '', outcome: 'rate_limited', next: true },
  { status: '401 Unauthorized', body: '{"error": {"mess', outcome: 'upstream_auth', next: true },
  { status: '400 Bad Request', body: '{"error": {"message": "no"}}', outcome: 'invalid_request', next: false },
];

for (const { status, body, outcome, next } of CASES) {
  for (const stream of [false, true]) {
    test(`a ${status.slice(0, 3)} whose body never ends is what its status says it is (${stream ? 'streamed' : 'whole'})`, async (t) => {
      const up = await rawUpstream(t, (socket) => socket.write(endless(status, body, 'retry-after: 3600\r\n')));
      const it = await rig(t, {
        upstreams: [],
        providers: `providers: {a: {baseUrl: "${up.baseUrl}", apiKey: k}}`,
        config: 'models: {m: {targets: [a/x, a/y], retries: {max: 0}}}',
      });
      const before = it.clock.now();

      await assert.rejects(it.openai.chat.completions.create({ model: 'm', messages: HELLO, stream }));

      // The last target may think as long as the request lives; an error does not think.
      assert.ok(it.clock.now() - before < 60_000, `${it.clock.now() - before} ms`);
      const outcomes = it.records[0]?.attempts.map((one) => one.outcome);
      if (!next) assert.deepEqual(outcomes, [outcome]);
      else assert.equal(outcomes?.[0], outcome);
    });
  }
}

test('a target that comes back behind an error without an end is asked again', async (t) => {
  const up = await rawUpstream(t, (socket, _, number) => {
    socket.write(number === 0 ? endless('503 Service Unavailable', '') : WHOLE);
  });
  const it = await rig(t, {
    upstreams: [],
    providers: `providers: {a: {baseUrl: "${up.baseUrl}", apiKey: k}}`,
    config: 'models: {m: {targets: [a/x]}}',
  });

  const answer = await it.openai.chat.completions.create({ model: 'm', messages: HELLO });

  assert.equal(answer.choices[0]?.message.content, 'rescued');
  assert.deepEqual(
    it.records[0]?.attempts.map((one) => one.outcome),
    ['overloaded', 'ok'],
  );
});
