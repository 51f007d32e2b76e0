import { createHash } from 'node:crypto';
import type { EvidenceSettings } from '../../config/routing-config.ts';
import type { ModelPair } from '../decision.ts';

/** Requests of a kind of work before it is worth asking two models: one-off prompts cost nothing. */
export const OBSERVED = 20;
/** Comparisons before anything is concluded. */
export const LEAST_COMPARED = 20;
/** Confidence of the bound with which the cheap model gets its first clients. */
export const CANARY_CONFIDENCE = 0.8;
/** Its answers that clients must have got before it gets all of them. */
export const TRIAL = 20;
/** The chance that a pair worse than delta is ever admitted: in the first attempt, and in all later ones together. */
export const DOUBT = 0.05;
/** Compared requests in a row without a verdict, after which what was admitted is not trusted blindly. */
export const BLIND_AFTER = 20;

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
/** Within such a time a second change of models is no change any more but a mixture. */
export const MIXTURE_WITHIN = DAY;

/** Confidence of the bound in an attempt: the doubts of all after the first sum to that of the first. */
export function confidenceOf(attempt: number): number {
  return 1 - DOUBT * 2 ** (1 - attempt);
}

/** How long a suspended pair rests, milliseconds: longer each time. What was proven not to pay rests longest. */
export function restOf(attempt: number, proven: boolean): number {
  const first = proven ? DAY : HOUR;
  return Math.min(30 * DAY, first * 2 ** (attempt - 1));
}

const versions = new WeakMap<EvidenceSettings, Map<string, string>>();

/**
 * What was asked: the promise of 95% holds for each version on its own. A model that is given other targets is another one: nothing is known of it, and
 * what was admitted under its name does not serve until it is.
 */
export function versionOf(settings: EvidenceSettings, { cheap, strong }: ModelPair): string {
  let known = versions.get(settings);
  if (known === undefined) {
    known = new Map();
    versions.set(settings, known);
  }
  const pair = `${cheap}\n${strong}`;
  let version = known.get(pair);
  if (version === undefined) {
    const { delta, checker, judge, definitions } = settings;
    const models = [definitions[cheap] ?? null, definitions[strong] ?? null];
    const asked = JSON.stringify([2, delta, checker, judge?.target ?? null, models]);
    version = createHash('sha256').update(asked).digest('hex').slice(0, 16);
    known.set(pair, version);
  }
  return version;
}
