import { hash } from 'node:crypto';
import { isRecord, parseJsonText } from '../../failures/json-record.ts';
import type { ChatDialect, ReasoningPart } from './request.ts';

/** Begins every seal; no provider's encrypted reasoning or signature begins so. */
const MARK = 'bw1.';
const DIALECTS: ReadonlySet<string> = new Set<ChatDialect>(['chat', 'messages', 'responses']);

/** What of a reasoning block must come back unchanged for the model that thought it to take it up again. */
export type ReasoningProof = Pick<ReasoningPart, 'origin' | 'signature' | 'encrypted'>;

/**
 * Packs a block's signature or encrypted form for a client of another dialect, in whose opaque member it travels there and back
 * (Responses' `encrypted_content`, Anthropic's `signature`). Nothing is made up: it is the provider's own proof in an envelope,
 * and no provider is ever sent the envelope.
 */
export function sealReasoning(text: string, proof: ReasoningProof): string {
  const { origin, signature, encrypted } = proof;
  const held = { o: origin, s: signature, e: encrypted, t: fingerprint(text) };
  return MARK + Buffer.from(JSON.stringify(held)).toString('base64url');
}

export function isSealed(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith(MARK);
}

/**
 * Opens a seal. A signature is of the text it was made for: where the client changed that, only the origin is left.
 *
 * @returns undefined where it is no seal of ours
 */
export function unsealReasoning(text: string, sealed: string): ReasoningProof | undefined {
  if (!isSealed(sealed)) return undefined;
  const held = parseJsonText(Buffer.from(sealed.slice(MARK.length), 'base64url').toString('utf8'));
  if (!isRecord(held) || !isDialect(held.o)) return undefined;
  if (held.t !== fingerprint(text)) return { origin: held.o };
  return {
    origin: held.o,
    ...(typeof held.s === 'string' ? { signature: held.s } : {}),
    ...(typeof held.e === 'string' ? { encrypted: held.e } : {}),
  };
}

function fingerprint(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 16);
}

function isDialect(value: unknown): value is ChatDialect {
  return typeof value === 'string' && DIALECTS.has(value);
}
