import { hash } from 'node:crypto';

/**
 * The id of an event: the same wherever the same thing is noticed, so that a receiver can drop what two replicas, or one after a restart,
 * tell it twice.
 *
 * @param facts what makes it this event and no other; undefined ones count as empty
 */
export function eventId(...facts: readonly (string | number | undefined)[]): string {
  return `evt_${hash('sha256', JSON.stringify(facts.map((fact) => fact ?? null)), 'hex').slice(0, 32)}`;
}
