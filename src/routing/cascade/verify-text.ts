import type { Conversation } from '../../dialects/conversation/request.ts';
import { findLoop } from '../../failures/repetition.ts';
import type { Doubt } from './doubt.ts';
import type { Said } from './verify.ts';

/** A refusal says little else. UTF-16 units. */
const LONGEST_REFUSAL = 600;
/** How refusals in plain English begin. Where a model says it in a field of its own, that is known without reading. */
const REFUSAL =
  /^\W*(?:(?:i(?:['’]m| am) (?:very |so |really )?sorry|sorry|i apologi[sz]e|unfortunately|as an ai\b[^.]{0,40}),?[^.!?]{0,40}?\b)?i(?: can(?:not|['’]t)|['’]m (?:not able|unable)| am (?:not able|unable)| won['’]t| will not)(?: be able)?(?: to)? (?:help|assist|comply|fulfil|provide|answer|complete|create|generate|write|produce|do (?:that|this|so)|discuss|continue)\b/i;

/** Text that says nothing, that goes in circles, or that says no. */
export function doubtAboutText({ format }: Conversation, { text, calls, opaque }: Said): Doubt | undefined {
  if (text.trim() === '') return calls.length > 0 || opaque ? undefined : EMPTY;
  if (findLoop(text) !== undefined) return LOOP;
  if (calls.length > 0 || format !== undefined) return undefined;
  return text.length <= LONGEST_REFUSAL && REFUSAL.test(text) ? SAYS_NO : undefined;
}

const EMPTY: Doubt = { code: 'empty', message: 'There is nothing in the answer.' };
const LOOP: Doubt = { code: 'repetition', message: 'The answer ends in a loop.' };
const SAYS_NO: Doubt = { code: 'refused', message: 'The answer says that it cannot help.' };
