import type { Conversation, Turn } from '../../dialects/conversation/request.ts';

/** Members of a request that say that the provider keeps the past, or shortens it itself. */
const KEPT_ELSEWHERE = ['previous_response_id', 'conversation', 'prompt', 'context_management'] as const;

/** Why a conversation is never compacted; undefined: it may be. */
export function obstacleTo({ extras, turns }: Conversation): string | undefined {
  for (const member of KEPT_ELSEWHERE) {
    if (extras[member] !== undefined && extras[member] !== null) return member;
  }
  if (extras.truncation === 'auto') return 'truncation';
  for (const { parts } of turns)
    for (const part of parts) if (part.kind === 'opaque' && part.type === 'item_reference') return 'item_reference';
  return undefined;
}

/**
 * Where a conversation may be cut: `result[i]` means that all turns before `i` may give way while `i` and all behind it stay. A call and its
 * results stay together; what is kept begins with a user's message or the model's own; nothing that only its own dialect understands gives
 * way, so there is no cut behind the first such part.
 */
export function cutPoints(turns: readonly Turn[]): readonly boolean[] {
  const points = turns.map(
    ({ role, parts }) =>
      (role === 'user' || role === 'assistant') && !parts.some((part) => part.kind === 'tool-result'),
  );
  // The latest call of that id: small models number their calls anew in each turn.
  const calls = new Map<string, number>();
  // How many groups begin and end at each turn: a client may write thousands of results to one call.
  const open = new Int32Array(turns.length + 1);
  for (const [index, { parts }] of turns.entries()) {
    for (const part of parts) {
      if (part.kind === 'tool-call') calls.set(part.id, index);
      else if (part.kind === 'tool-result') {
        const called = calls.get(part.callId);
        if (called === undefined || called === index) continue;
        open[called + 1] = (open[called + 1] ?? 0) + 1;
        open[index + 1] = (open[index + 1] ?? 0) - 1;
      }
    }
  }
  let groups = 0;
  for (let index = 0; index < points.length; index++) {
    groups += open[index] ?? 0;
    if (groups > 0) points[index] = false;
  }
  const opaque = turns.findIndex(hasOpaque);
  return opaque < 0 ? points : points.fill(false, opaque + 1);
}

function hasOpaque({ parts }: Turn): boolean {
  return parts.some(
    (part) =>
      part.kind === 'opaque' || (part.kind === 'tool-result' && part.content.some((one) => one.kind === 'opaque')),
  );
}
