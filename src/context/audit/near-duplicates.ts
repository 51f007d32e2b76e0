import { similarity } from './sketch.ts';

/** Two prompts that share so much of their wording are one prompt written twice. */
export const NEAR = 0.75;

/** Lanes that must agree for two prompts to be compared at all: of two that are 0.75 alike, all but one in a hundred thousand do somewhere. */
const BAND = 3;
/** Compared with at most so many of one band: what thousands share says nothing. */
const MOST_COMPARED = 16;

export interface NearDuplicate<T> {
  readonly of: T;
  /** Estimated, from {@link NEAR} to 1. */
  readonly similarity: number;
}

/** For each item the others it is nearly the same as, the most similar first. Items are looked at in the order given. */
export function nearDuplicates<T>(
  items: readonly T[],
  signatureOf: (item: T) => Uint32Array | undefined,
): ReadonlyMap<T, readonly NearDuplicate<T>[]> {
  const bands: Map<number, T[]>[] = [];
  const found = new Map<T, NearDuplicate<T>[]>();
  for (const item of items) {
    const signature = signatureOf(item);
    if (signature === undefined) continue;
    const candidates = new Set<T>();
    for (let lane = 0; lane + BAND <= signature.length; lane += BAND) {
      const ofLane = bands[lane] ?? new Map<number, T[]>();
      bands[lane] = ofLane;
      const key = mixed(signature, lane);
      const band = ofLane.get(key);
      if (band === undefined) ofLane.set(key, [item]);
      else {
        for (const one of band) if (candidates.size < MOST_COMPARED) candidates.add(one);
        if (band.length < MOST_COMPARED) band.push(item);
      }
    }
    for (const other of candidates) {
      const alike = similarity(signature, signatureOf(other) ?? signature);
      if (alike < NEAR) continue;
      push(found, item, { of: other, similarity: alike });
      push(found, other, { of: item, similarity: alike });
    }
  }
  for (const list of found.values()) list.sort((a, b) => b.similarity - a.similarity);
  return found;
}

/** Two bands that differ and give the same number are compared for nothing, and that is all. */
function mixed(signature: Uint32Array, lane: number): number {
  let key = 0;
  for (let at = lane; at < lane + BAND; at++) key = Math.imul(key ^ (signature[at] ?? 0), 0x9e3779b1) ^ (key >>> 15);
  return key >>> 0;
}

function push<T>(found: Map<T, NearDuplicate<T>[]>, item: T, duplicate: NearDuplicate<T>): void {
  const list = found.get(item);
  if (list === undefined) found.set(item, [duplicate]);
  else list.push(duplicate);
}
