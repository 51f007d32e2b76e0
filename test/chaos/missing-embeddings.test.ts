import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpAnswer, rawUpstream } from './raw-upstream.ts';
import { rig } from './rig.ts';

const vectors = (count: number) =>
  httpAnswer(
    JSON.stringify({
      object: 'list',
      model: 'e',
      data: Array.from({ length: count }, (_, index) => ({ object: 'embedding', index, embedding: [0.5, index] })),
      usage: { prompt_tokens: 4, total_tokens: 4 },
    }),
  );

/** What is to be embedded, and how many vectors that makes. */
const INPUTS = [
  { input: ['one', '', 'th"ree, [4]'], count: 3 },
  { input: [[1, 2], [3]], count: 2 },
];

for (const { input, count } of INPUTS) {
  test(`fewer vectors than ${JSON.stringify(input)} has inputs are no answer: the next target gives all`, async (t) => {
    const a = await rawUpstream(t, (socket) => socket.write(vectors(count - 1)));
    const b = await rawUpstream(t, (socket) => socket.write(vectors(count)));
    const it = await rig(t, {
      upstreams: [],
      providers: `providers: {a: {baseUrl: "${a.baseUrl}", apiKey: k}, b: {baseUrl: "${b.baseUrl}", apiKey: k}}`,
      config: 'models: {m: {targets: [a/e, b/e], retries: {max: 0}}}',
    });

    const answer = await it.openai.embeddings.create({
      model: 'm',
      input: input as string[],
      encoding_format: 'float',
    });

    assert.equal(answer.data.length, count);
    assert.deepEqual(
      it.records[0]?.attempts.map(({ outcome, code }) => [outcome, code]),
      [
        ['invalid_answer', 'missing_embeddings'],
        ['ok', undefined],
      ],
    );
  });
}

for (const input of ['one text', [1, 2, 3], ['one']]) {
  test(`one vector is all that ${JSON.stringify(input)} has`, async (t) => {
    const a = await rawUpstream(t, (socket) => socket.write(vectors(1)));
    const it = await rig(t, {
      upstreams: [],
      providers: `providers: {a: {baseUrl: "${a.baseUrl}", apiKey: k}}`,
      config: 'models: {m: {targets: [a/e]}}',
    });

    const answer = await it.openai.embeddings.create({ model: 'm', input, encoding_format: 'float' });

    assert.equal(answer.data.length, 1);
    assert.equal(it.records[0]?.tries, 1);
  });
}
