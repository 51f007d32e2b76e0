import { createHash } from 'node:crypto';
import type { CertifySettings } from './settings.ts';

/** What the error rate of hits depends on. When any of it changes, what was learned is about something else. */
export interface CertifiedThing {
  /** Who answers: the resolved target. */
  readonly model: string;
  /** Id and dimensions. */
  readonly embedder: string;
  readonly guards: string;
  /** The knowledge epoch. */
  readonly epoch: string;
  /** Which checker, with its settings: another judge is another meaning of "wrong". */
  readonly checker: string;
}

/** A name for the question that is being tested. The promise of 95% holds for each version on its own. */
export function versionOf(thing: CertifiedThing, settings: CertifySettings): string {
  const { model, embedder, guards, epoch, checker } = thing;
  const { epsilon, confidence, grid, start } = settings;
  const parts = [model, embedder, guards, epoch, checker, epsilon, confidence, grid, start];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
