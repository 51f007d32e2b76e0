import { hash } from 'node:crypto';
import type { Pin } from '../session-pins.ts';

/** A conversation that was not heard of for so long is with nobody, milliseconds. */
export const PIN_KEPT_MS = 3 * 24 * 60 * 60 * 1000;

/** Outlives the process, and is nobody else's: asked at once. */
export interface LocalPinStore {
  readonly shared: false;
  find(session: string): Pin | undefined;
  /** Never throws: what cannot be kept is told. */
  keep(session: string, pin: Pin): void;
  close(): void;
}

/** Is shared by replicas: asked before a request is decided. Rejects where it cannot be reached, and never waits for long. */
export interface SharedPinStore {
  readonly shared: true;
  find(session: string): Promise<Pin | undefined>;
  keep(session: string, pin: Pin): Promise<void>;
  close(): void;
}

export type PinStore = LocalPinStore | SharedPinStore;

/** What a conversation is kept by: it holds nothing of what was said, or of what it is called. */
export function pinName(session: string): string {
  return hash('sha256', session, 'base64url').slice(0, 24);
}
