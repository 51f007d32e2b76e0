import type { Span } from '../../dialects/json-members.ts';
import { WalkBack } from '../../dialects/walk-back.ts';
import { type GuardedEndpoint, readElement, type ShownCall } from './read-element.ts';

/** Bytes of a conversation's end that are looked at for its latest turn. */
const TAIL = 64 * 1024;

/** Calls of one turn that are looked at. */
const MOST_CALLS = 64;

/**
 * How a conversation ends.
 *
 * - `calls`: the model called tools, and this request brings their results. `said`: what the user said after them, if anything.
 * - `results`: results of calls that are not in the body.
 * - `idle`: no call is being answered. `said`: what the user said last. `fresh`: the model has not said anything yet.
 * - `unknown`: the end is too long to tell cheaply.
 */
export type LatestTurn =
  | { readonly kind: 'calls'; readonly calls: readonly ShownCall[]; readonly said: string | undefined }
  | { readonly kind: 'results'; readonly said: string | undefined }
  | { readonly kind: 'idle'; readonly said: string | undefined; readonly fresh: boolean }
  | { readonly kind: 'unknown' };

const UNKNOWN: LatestTurn = { kind: 'unknown' };

/**
 * Reads the latest turn from the bytes of a conversation, without its past.
 *
 * @param array the value of `messages` or `input`, an array, in valid JSON
 */
export function latestTurn(endpoint: GuardedEndpoint, bytes: Buffer, array: Span): LatestTurn {
  const walk = new WalkBack(bytes, array, [], { left: TAIL });
  let whole = true;
  const calls: ShownCall[] = [];
  let said: string | undefined;
  let results = false;
  while (walk.previous()) {
    const span = walk.element;
    // The walk may have passed over a long text at little cost; reading it would take more.
    if (span === undefined || array.end - span.start > TAIL) {
      whole = false;
      break;
    }
    const content = readElement(endpoint, JSON.parse(bytes.toString('utf8', span.start, span.end)));
    if (calls.length > 0 && (content.kind !== 'calls' || endpoint !== 'responses')) break;
    if (content.kind === 'calls') {
      calls.unshift(...content.calls.slice(0, MOST_CALLS));
      if (calls.length >= MOST_CALLS) break;
    } else if (content.kind === 'user') said ??= content.text;
    else if (content.kind === 'results') results = true;
    // The model ended its turn with words: whatever was called before is over.
    else if (content.kind === 'assistant' && !results) return { kind: 'idle', said, fresh: false };
  }
  if (calls.length > 0) return { kind: 'calls', calls, said };
  if (!whole || !walk.atStart) return UNKNOWN;
  return results ? { kind: 'results', said } : { kind: 'idle', said, fresh: true };
}
