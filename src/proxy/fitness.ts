import { chatDialect } from '../dialects/endpoint.ts';
import { needsOf } from '../dialects/request-needs.ts';
import { textBytes } from '../dialects/text-bytes.ts';
import { type Failure, UpstreamFailure } from '../failures/failure.ts';
import { ownFailure } from '../failures/own-errors.ts';
import { type Misfit, misfits } from '../routing/fit.ts';
import type { Chain, Rung } from './chain.ts';
import type { Exchange } from './exchange.ts';
import type { Call } from './receive.ts';
import { prepare } from './try-target.ts';

/** No tokenizer gets more text of any language into a token, but for long runs of the same: what is longer than this is too long. */
const MOST_BYTES_A_TOKEN = 8;

const ALL_FIT: ReadonlyMap<Rung, Misfit> = new Map();

/** The rungs that cannot serve this request, by what is known of them. Nothing is looked for that no target of the chain lacks. */
export function misfitsOf(exchange: Exchange): ReadonlyMap<Rung, Misfit> {
  exchange.misfits ??= findMisfits(exchange);
  return exchange.misfits;
}

/** Nothing known speaks against asking this rung. What its dialect cannot say is found when it is asked. */
export function fits(exchange: Exchange, rung: Rung): boolean {
  return rung.wires[exchange.endpoint] !== undefined && !misfitsOf(exchange).has(rung);
}

/** The same, and its dialect can say all of the request. Costs a translation where it speaks another dialect. */
export function canServe(exchange: Exchange, rung: Rung): boolean {
  if (!fits(exchange, rung)) return false;
  try {
    prepare(exchange, rung);
    return true;
  } catch (error) {
    if (error instanceof UpstreamFailure) return false;
    throw error;
  }
}

function findMisfits({ endpoint, chain, sent }: Exchange): ReadonlyMap<Rung, Misfit> {
  const dialect = chatDialect(endpoint);
  if (dialect === undefined) return ALL_FIT;
  const needs = needsOf(dialect, sent.body, chain.lacking);
  const tokens = leastTokens(sent, chain);
  if (needs.length === 0 && tokens <= chain.leastWindow) return ALL_FIT;
  const serving = chain.rungs.filter((rung) => rung.wires[endpoint] !== undefined);
  return misfits(serving, needs, tokens);
}

/** Tokens the request has at least. Its text is added up only where all its bytes together might be too long for some target. */
function leastTokens({ body }: Call, { leastWindow }: Chain): number {
  const most = body.bytes.length / MOST_BYTES_A_TOKEN;
  return most <= leastWindow ? 0 : textBytes(body.json) / MOST_BYTES_A_TOKEN;
}

/** Why the rung was passed over, for the list of attempts. */
export function reasonOf(misfit: Misfit): string {
  return misfit.kind === 'too-small'
    ? 'context window too small'
    : `no ${misfit.need.capability}: ${misfit.need.field}`;
}

/** The same for the client, where no target is left. */
export function lackOf(rung: Rung, misfit: Misfit): Failure | undefined {
  if (misfit.kind === 'too-small') return undefined;
  const { capability, field } = misfit.need;
  const message = `${rung.target.id} cannot serve this request: ${field} needs ${capability}, which it lacks`;
  return ownFailure('untranslatable', message, field);
}
