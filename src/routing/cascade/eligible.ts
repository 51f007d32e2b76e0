import type { Conversation } from '../../dialects/conversation/request.ts';
import { needsStoredState } from '../../dialects/responses/stored-state.ts';

/** Why a request is not tried on the cheap model first. */
export const INELIGIBLE = ['plain-stream', 'many-streams', 'server-tools', 'stored-state', 'audio'] as const;
export type Ineligible = (typeof INELIGIBLE)[number];

/**
 * Whether an answer can be held back and looked at, and asking twice does no harm. Whole answers can; of streamed ones those that
 * their client cannot use before they are whole: JSON and tool calls.
 *
 * @returns why not; undefined: it may
 */
export function ineligible(asked: Conversation): Ineligible | undefined {
  const { stream, tools, format, choices, extras } = asked;
  if (stream && tools.length === 0 && format === undefined) return 'plain-stream';
  if (stream && choices > 1) return 'many-streams';
  // They run at the provider, and would run twice.
  if (tools.some(({ kind }) => kind === 'opaque')) return 'server-tools';
  if (needsStoredState(asked) !== undefined) return 'stored-state';
  if (Array.isArray(extras.modalities) && extras.modalities.includes('audio')) return 'audio';
  return undefined;
}
