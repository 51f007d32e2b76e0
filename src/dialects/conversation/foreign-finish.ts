import { judgeFinish } from '../../failures/finish-reason.ts';
import type { Finish } from './answer.ts';

/**
 * Words for an answer cut short, of others than the dialect they are met in: gateways pass on what the model behind them said. Mistral:
 * `model_length`; Gemini: `MAX_TOKENS`.
 */
const CUT: ReadonlySet<string> = new Set([
  'length',
  'max_length',
  'max_tokens',
  'max_output_tokens',
  'model_length',
  'token_limit',
  'context_length_exceeded',
]);

/** What an end means that the dialect has no word for. An answer that was cut or filtered must not look whole, however it is said. */
export function foreignFinish(value: string): Finish {
  if (judgeFinish(value) === 'filtered') return { reason: 'content-filter' };
  return CUT.has(value.toLowerCase()) ? { reason: 'length' } : { reason: 'other', value };
}
