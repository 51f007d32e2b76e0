import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { conforms } from '../conformance/conforms.ts';
import {
  CLIENTS,
  DIALECTS,
  type DialectName,
  type RawStream,
  readRaw,
  refusedBy,
  WHOLE_TEXT,
} from './dialect-clients.ts';
import { callsOf, dialectRig } from './dialect-rig.ts';

/** Every way a stream can break after five tokens. Each token is a write of its own, as in life. */
const BREAKS = ['cut-at-5', 'cut-clean-at-5', 'reset-at-5', 'error-event-at-5', 'stall-at-5'];
const SPOKEN: Readonly<Record<string, DialectName>> = { a: 'messages', b: 'chat', d: 'responses' };

/** The in-band error in the client's own dialect, and nothing behind it that looks like an end. */
const ASSERT_TOLD: Readonly<Record<DialectName, (answer: RawStream) => void>> = {
  chat({ raw, events }) {
    assert.match(raw.split('\n\n').at(-2) ?? '', /^data: \{"error":/, 'the error comes last');
    assert.deepEqual(conforms('openai.error', events.at(-1)), []);
  },
  messages({ raw, events }) {
    assert.match(raw.split('\n\n').at(-2) ?? '', /^event: error\ndata: \{"type":"error"/, 'the error comes last');
    assert.deepEqual(conforms('anthropic.error', events.at(-1)), []);
    for (const event of events.slice(0, -1)) {
      if (event.type !== 'ping') assert.deepEqual(conforms('message.event', event), [], JSON.stringify(event));
    }
  },
  responses({ events }) {
    assert.deepEqual(
      events.slice(-2).map(({ type }) => type),
      ['error', 'response.failed'],
      'the error comes last, then the response that failed',
    );
    assert.deepEqual(
      events.map((event) => event.sequence_number),
      events.map((_, index) => index),
      'the numbers go on',
    );
    for (const event of events) assert.deepEqual(conforms('response.event', event), [], JSON.stringify(event));
    const ids = events.flatMap((event) => ((event.response as { id?: string } | undefined)?.id ?? []) as string[]);
    assert.equal(new Set(ids).size, 1, 'the response that failed is the one that was begun');
  },
};

for (const client of DIALECTS) {
  for (const [target, spoken] of Object.entries(SPOKEN)) {
    describe(`a ${client} client, when the stream of a target that speaks ${spoken} breaks`, () => {
      for (const fault of BREAKS) {
        it(`${fault}: it is told in its own dialect`, async (t) => {
          const model = `${target}/sim-paced-20ms-${fault}`;
          const proxy = await dialectRig(t, `models: {m: {targets: [${model}, c/sim-ok], timeouts: {stall: 4s}}}`);

          const answer = await readRaw(proxy, client);

          assert.equal(answer.status, 200);
          assert.equal(answer.errors.length, 1, answer.raw);
          assert.equal(answer.errors[0]?.code, 'upstream_stream_interrupted');
          assert.equal(answer.finished, false, 'no finish and no proper end');
          assert.ok(answer.text !== '' && WHOLE_TEXT.startsWith(answer.text), 'what was delivered was right');
          ASSERT_TOLD[client](answer);
          assert.equal(callsOf(proxy)[2], 0, 'nobody else can go on');
          const [record] = proxy.records;
          assert.deepEqual([record?.status, record?.failure?.class, record?.tries], ['failed', 'stream_broken', 1]);
          assert.ok((record?.usage?.completionTokens ?? 0) >= 1, 'what came is counted');
        });

        it(`${fault}: its official client throws`, async (t) => {
          const model = `${target}/sim-paced-20ms-${fault}`;
          const proxy = await dialectRig(t, `models: {m: {targets: [${model}], timeouts: {stall: 4s}}}`);
          const error = await refusedBy(CLIENTS[client].streamed(proxy));
          assert.equal(error.code, 'upstream_stream_interrupted');
        });

        it(`${fault}, commit complete: the next target answers and nothing of the break is seen`, async (t) => {
          const model = `${target}/sim-paced-20ms-${fault}`;
          const proxy = await dialectRig(
            t,
            `models: {m: {targets: [${model}, c/sim-ok], retries: {max: 0}, timeouts: {stall: 4s}, stream: {commit: complete}}}`,
          );
          const told = await CLIENTS[client].streamed(proxy);
          assert.equal(told.text, WHOLE_TEXT);
          assert.equal(told.finish, 'stop');
          assert.equal(told.headers.get('x-breakwater-target'), 'c/sim-ok');
        });
      }

      it('no proper end behind the finish: it is added, and the answer is whole', async (t) => {
        const proxy = await dialectRig(t, `models: {m: {targets: [${target}/sim-no-done]}}`);
        const answer = await readRaw(proxy, client);
        assert.deepEqual([answer.text, answer.errors], [WHOLE_TEXT, []]);
        const ends = {
          chat: /data: \[DONE\]\n\n$/,
          messages: /"message_stop"\}\n\n$/,
          responses: /response\.completed/,
        };
        assert.match(answer.raw, ends[client]);
        assert.equal(proxy.records[0]?.status, 'ok');
      });

      it('no finish: half an answer does not pass for a whole one', async (t) => {
        const proxy = await dialectRig(t, `models: {m: {targets: [${target}/sim-paced-20ms-no-finish]}}`);
        assert.equal((await refusedBy(CLIENTS[client].streamed(proxy))).code, 'upstream_stream_interrupted');
      });

      it('a malformed event is left out, and the rest is whole but for its words', async (t) => {
        const proxy = await dialectRig(
          t,
          `models: {m: {targets: [${target}/sim-separate-writes-bad-json-event-at-3]}}`,
        );
        const answer = await readRaw(proxy, client);
        assert.deepEqual([answer.text, answer.errors, answer.finished], [WHOLE_TEXT, [], true]);
      });

      for (const wire of ['bytes', 'crlf', 'no-space', 'data-lines', 'comments', 'bom', 'big-event', 'linger']) {
        it(`sim-${wire} changes nothing`, async (t) => {
          const proxy = await dialectRig(t, `models: {m: {targets: [${target}/sim-${wire}], timeouts: {total: 200s}}}`);
          const told = await CLIENTS[client].streamed(proxy);
          if (wire !== 'big-event') assert.equal(told.text, WHOLE_TEXT);
          else assert.ok(told.text.length > 256 * 1024);
        });
      }
    });
  }

  describe(`a ${client} client with commit: complete`, () => {
    it('gets a real status when every target breaks', async (t) => {
      const targets = Object.keys(SPOKEN).map((name) => `${name}/sim-paced-20ms-cut-at-5`);
      const proxy = await dialectRig(
        t,
        `models: {m: {targets: [${targets}], retries: {max: 0}, stream: {commit: complete}}}`,
      );
      const error = await refusedBy(CLIENTS[client].streamed(proxy));
      assert.equal(error.status, 502);
    });

    it('is kept waiting by comments, and then told of the failure in the stream', async (t) => {
      const model = 'b/sim-slow-first-token-12s-cut-at-5';
      const proxy = await dialectRig(
        t,
        `models: {m: {targets: [${model}], retries: {max: 0}, stream: {commit: complete}}}`,
      );
      const answer = await readRaw(proxy, client);
      assert.match(answer.raw, /^: keep-alive\n\n/);
      assert.deepEqual([answer.text, answer.errors.length, answer.finished], ['', 1, false]);
    });
  });
}
