import type { ChatDialect } from '../../../src/dialects/conversation/request.ts';
import { requestOf, type Step } from './long-conversations.ts';

/** A session of an agent: one task, then rounds of calls with now and then a word of the user's. The same for the same seed. */
export function session(rounds: number, wordsEach: number, seed = 7): readonly Step[] {
  const random = randomOf(seed);
  const text = (words: number): string =>
    Array.from({ length: words }, () => VOCABULARY[Math.floor(random() * VOCABULARY.length)]).join(' ');
  return Array.from({ length: rounds }, (_, index) => ({
    question:
      index === 0 ? 'Find out why the nightly import fails, and mend it.' : index % 25 === 0 ? text(40) : undefined,
    instruction: undefined,
    picture: false,
    thought: true,
    marked: false,
    calls:
      index % 25 === 24
        ? []
        : Array.from({ length: 1 + (index % 2) }, (_, call) => ({
            arguments: JSON.stringify({ path: `src/part-${index}-${call}.ts` }),
            result: text(Math.round((wordsEach * (0.5 + random())) / (1 + (index % 2)))),
          })),
    answer: text(60),
  }));
}

/** The request after so many rounds: it ends with the results of the last calls, or with a question. */
export function requestAfter(dialect: ChatDialect, all: readonly Step[], rounds: number): object {
  const request = requestOf(dialect, all.slice(0, rounds), 'You mend import jobs. Be careful with customers’ data.');
  const items = Object.entries(request).find(([key]) => key === 'messages' || key === 'input')?.[1];
  // The generator closes each request with a question of its own, which no later one has.
  if (Array.isArray(items) && all[rounds - 1]?.calls.length !== 0) {
    if (dialect === 'messages') items.at(-1).content.pop();
    else items.pop();
  }
  return request;
}

function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const VOCABULARY =
  `the a of to in and for on with job import row table customer id null error line commit file retry batch queue worker
  timeout 404 2026 nightly schema column migration index order price total invoice failed passed expected actual value string number config path
  src/import/run.ts src/import/parse.ts { } ( ) => = ; "utf-8" return const await throw`.split(/\s+/);
