import type { Finish } from '../../dialects/conversation/answer.ts';
import type { Conversation } from '../../dialects/conversation/request.ts';
import type { Doubt } from './doubt.ts';
import type { Said } from './verify.ts';

/** Tokens: who sets so low a cap wants a label and no more, and takes what stands before the cut. */
const LABEL_TOKENS = 16;

/** How the answer ended. Another ending than the usual ones, which a provider may have invented yesterday, is none to doubt. */
export function doubtAboutFinish(asked: Conversation, finish: Finish, said: Said): Doubt | undefined {
  if (said.refused || finish.reason === 'refusal') return { code: 'refused', message: 'The model refused.' };
  switch (finish.reason) {
    case 'content-filter':
      return { code: 'filtered', message: "The provider's content filter ended the answer." };
    case 'length':
    case 'pause':
      return isLabel(asked, said) ? undefined : CUT_OFF;
    case 'other':
      return finish.value === 'model_context_window_exceeded' || finish.value === 'incomplete' ? CUT_OFF : undefined;
    default:
      return undefined;
  }
}

const CUT_OFF: Doubt = { code: 'cut-off', message: 'The answer was cut off before its end.' };

function isLabel({ maxTokens, format }: Conversation, { calls }: Said): boolean {
  return maxTokens !== undefined && maxTokens <= LABEL_TOKENS && format === undefined && calls.length === 0;
}
