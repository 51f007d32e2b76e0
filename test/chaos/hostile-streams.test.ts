import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatChunk, DONE, event, httpChunk, LAST_CHUNK, rawUpstream, streamOf } from './raw-upstream.ts';
import { rig } from './rig.ts';
import { readAll, readStream } from './stream-reading.ts';

const text = (index: number, words: string, finish: string | null = null) =>
  event({ object: 'text_completion', choices: [{ index, text: words, finish_reason: finish }] });

/** Streams that break off behind something that looks like a finish, and what they do not say. */
const HALF = {
  'a finish with every word': [chatChunk('Half ', 'stop'), chatChunk('of ', 'stop')],
  'the word null for a finish': [chatChunk('Half ', 'null'), chatChunk('of ', 'null')],
  'the finish of a choice that nobody asked for': [chatChunk('Half of '), chatChunk('', 'stop', 1)],
  'a finish, and more behind it': [chatChunk('Half '), chatChunk('', 'stop'), chatChunk('of ')],
};

for (const [what, events] of Object.entries(HALF)) {
  for (const end of ['ends', 'is cut']) {
    test(`${what}: a stream that ${end} then is not shown as whole`, async (t) => {
      const up = await rawUpstream(t, (socket) => {
        for (const [index, one] of events.entries()) socket.write(index === 0 ? streamOf(one) : httpChunk(one));
        if (end === 'ends') socket.write(LAST_CHUNK);
        else setImmediate(() => socket.destroy());
      });
      const it = await rig(t, {
        upstreams: [],
        providers: `providers: {a: {baseUrl: "${up.baseUrl}", apiKey: k}}`,
        config: 'models: {m: {targets: [a/x]}}',
      });

      const stream = await readStream(it, { model: 'm' });

      assert.equal(stream.dones, 0);
      assert.deepEqual(
        stream.errors.map(({ code }) => code),
        ['upstream_stream_interrupted'],
      );
      assert.equal(it.records[0]?.status, 'failed');
    });
  }
}

test('a server that writes a finish with every word is believed when it says [DONE]', async (t) => {
  const up = await rawUpstream(t, (socket) => {
    socket.write(streamOf(chatChunk('All ', 'stop'), chatChunk('of it', 'stop'), DONE) + LAST_CHUNK);
  });
  const it = await rig(t, {
    upstreams: [],
    providers: `providers: {a: {baseUrl: "${up.baseUrl}", apiKey: k}}`,
    config: 'models: {m: {targets: [a/x]}}',
  });

  const stream = await readStream(it, { model: 'm' });

  assert.deepEqual([stream.text, stream.dones, stream.errors], ['All of it', 1, []]);
});

/** Two prompts, or one that is given as tokens. */
const PROMPTS = [
  { prompt: ['one', 'two'], whole: false },
  { prompt: [[1, 2], [3]], whole: false },
  { prompt: [1, 2, 3], whole: true },
  { prompt: ['one'], whole: true },
];

for (const { prompt, whole } of PROMPTS) {
  test(`of the old completions for ${JSON.stringify(prompt)}, one finished choice is ${whole ? 'all' : 'not all'}`, async (t) => {
    const up = await rawUpstream(t, (socket) => {
      socket.write(streamOf(text(0, 'first'), text(0, '', 'stop')) + LAST_CHUNK);
    });
    const it = await rig(t, {
      upstreams: [],
      providers: `providers: {a: {baseUrl: "${up.baseUrl}", apiKey: k}}`,
      config: 'models: {m: {targets: [a/x]}}',
    });

    const response = await fetch(`${it.proxy.url}/v1/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'm', prompt, stream: true }),
    });
    const stream = await readAll(response);

    assert.equal(stream.dones, whole ? 1 : 0);
    assert.equal(stream.errors.length, whole ? 0 : 1);
  });
}

/** What may follow a continuation's first words in the same piece of TCP, and makes it none. */
const SPOILED = {
  'an error': event({ error: { message: 'overloaded', type: 'server_error' } }),
  'a [DONE] without a finish': DONE,
  'a call of a tool': event({
    choices: [{ index: 0, delta: { tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: '' } }] } }],
  }),
};

for (const [what, spoiler] of Object.entries(SPOILED)) {
  for (const prefill of [true, false]) {
    test(`onBreak resume: words of a continuation that ${what} spoils before they are given out are asked for again (prefill ${prefill})`, async (t) => {
      const begin = prefill ? '' : 'One two ';
      const a = await rawUpstream(t, (socket) => {
        socket.write(streamOf(chatChunk('One '), chatChunk('two ')));
        setImmediate(() => socket.destroy());
      });
      const b = await rawUpstream(t, (socket) => socket.write(streamOf(chatChunk(`${begin}three `), spoiler)));
      const c = await rawUpstream(t, (socket, request) => {
        const { messages } = JSON.parse(request.slice(request.indexOf('\r\n\r\n'))) as {
          messages: { role: string; content: string }[];
        };
        const last = messages.at(-1);
        const told = last?.role === 'assistant' ? last.content : '';
        const rest = 'One two three four.'.slice(told.length);
        socket.write(streamOf(chatChunk(rest), chatChunk('', 'stop'), DONE) + LAST_CHUNK);
      });
      const target = (name: string) => `{target: ${name}/x, capabilities: {prefill: ${prefill}}}`;
      const it = await rig(t, {
        upstreams: [],
        providers: `providers:\n${Object.entries({ a, b, c })
          .map(([name, up]) => `  ${name}: {baseUrl: "${up.baseUrl}", apiKey: k}\n`)
          .join('')}`,
        config: `models: {m: {targets: [${['a', 'b', 'c'].map(target).join(', ')}], stream: {onBreak: resume}}}`,
      });

      const stream = await readStream(it, { model: 'm' });

      assert.deepEqual(stream.errors, []);
      assert.equal(stream.text, 'One two three four.');
      assert.equal(stream.dones, 1);
    });
  }
}
