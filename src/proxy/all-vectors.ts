import { eachItem } from '../dialects/item-spans.ts';
import type { JsonMembers } from '../dialects/json-members.ts';
import { refuse } from '../failures/check-answer.ts';
import type { Failure } from '../failures/failure.ts';
import { isRecord } from '../failures/json-record.ts';

/**
 * What is wrong with embeddings that are fewer than what was to be embedded: some servers leave out an empty text, or what came after
 * their limit, and a client that goes by the order would give every text behind it another's vector.
 */
export function missingVectors(request: JsonMembers, answer: unknown): Failure | undefined {
  const asked = inputsOf(request);
  const got = isRecord(answer) && Array.isArray(answer.data) ? answer.data.length : 0;
  if (got >= asked) return undefined;
  const refused = refuse('missing_embeddings', `${got} embeddings for ${asked} inputs`);
  return 'failure' in refused ? refused.failure : undefined;
}

/** Texts, or lists of tokens; a list of numbers is one input. */
function inputsOf(request: JsonMembers): number {
  const [span] = request.spans('input').slice(-1);
  if (span === undefined || request.kind('input') !== 'array') return 1;
  let inputs = 0;
  for (const { start } of eachItem(request.bytes, span)) {
    const first = request.bytes[start] ?? 0;
    // A digit or a sign.
    if (inputs === 0 && first !== 0x22 && first !== 0x5b && first !== 0x7b) return 1;
    inputs++;
  }
  return inputs;
}
