import type { Exchange } from './exchange.ts';

/** Whether a break in this exchange's stream may be mended: text only, one choice, no tools, no schema. */
export function mayResume(exchange: Exchange): boolean {
  const { call, chain, endpoint } = exchange;
  const { commit, onBreak } = chain.model.stream;
  if (onBreak !== 'resume' || commit !== 'first-delta') return false;
  return endpoint === 'chat' && call.stream && !call.hasTools && !call.hasSchema && call.choices === 1;
}
