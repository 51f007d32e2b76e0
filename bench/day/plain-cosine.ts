import { embedText } from '../../src/simulator/embeddings.ts';
import type { Day, DayRequest } from './traffic/request.ts';

const HOUR = 3_600_000;
const DIMENSIONS = 512;

/** What a cache with nothing but a threshold would have made of the same day. */
export interface PlainTally {
  readonly threshold: number;
  readonly served: number;
  /** Served with the answer to another question. */
  readonly wrong: number;
}

/**
 * Reckoned, not run: each request of one turn takes the nearest answer of its own agent and tenant that is no older than an hour, if it is near
 * enough. The embedder is the one of the other rows.
 */
export function plainCosine(day: Day, threshold: number): PlainTally {
  const kept = new Map<string, { at: number; question: string; vector: Float32Array }[]>();
  const vectors = new Map<string, Float32Array>();
  let served = 0;
  let wrong = 0;
  for (const request of day.requests) {
    if (!isOneTurn(request)) continue;
    const { at, text, question } = request;
    const vector = vectors.get(text) ?? embedText(text, DIMENSIONS);
    vectors.set(text, vector);
    const scope = `${request.tenant}/${request.agent}`;
    const fresh = (kept.get(scope) ?? []).filter((entry) => at - entry.at < HOUR);
    kept.set(scope, fresh);
    let best = { cosine: threshold, question: undefined as string | undefined };
    for (const entry of fresh) {
      const cosine = dot(vector, entry.vector);
      if (cosine >= best.cosine) best = { cosine, question: entry.question };
    }
    if (best.question === undefined) fresh.push({ at, question: question.id, vector });
    else {
      served += 1;
      if (best.question !== question.id) wrong += 1;
    }
  }
  return { threshold, served, wrong };
}

/** Long documents, thinking and tool loops are left out, to the plain cache's good. */
function isOneTurn({ question }: DayRequest): boolean {
  return !['research', 'reasoning', 'coding'].includes(question.kind);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum;
}
