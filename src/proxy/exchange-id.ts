import { randomUUID } from 'node:crypto';

/** Names exchanges; unique across replicas, sortable by nothing. */
export function newExchangeId(): string {
  return `bw_${randomUUID()}`;
}
