import type { Administration } from '../console/administration.ts';
import { ledgerPages } from '../console/csv-pages.ts';
import type { UseOfTarget } from './projection.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
export const LOOK_BACK_DAYS = 7;

/** What a tenant has used of late. */
export interface Usage {
  /** Dearest first. */
  readonly uses: readonly UseOfTarget[];
  readonly requests: number;
  /** Over how long that is, milliseconds: a week, or since the first request in it; an hour at least. */
  readonly overMs: number;
}

/** Reads a tenant's ledger of the last week. @param now clock milliseconds */
export async function readUsage(administration: Administration, tenant: string, now: number): Promise<Usage> {
  const sums = new Map<
    string,
    { agent: string | undefined; target: string; requests: number; tokens: number; usd: number }
  >();
  let requests = 0;
  let first = now;
  for await (const lines of ledgerPages(administration, { tenant, since: `${LOOK_BACK_DAYS}d` })) {
    for (const line of lines) {
      const target = line.target ?? 'none answered';
      const name = JSON.stringify([line.agent, target]);
      let sum = sums.get(name);
      if (sum === undefined) {
        sum = { agent: line.agent ?? undefined, target, requests: 0, tokens: 0, usd: 0 };
        sums.set(name, sum);
      }
      sum.requests++;
      sum.tokens += line.inputTokens + line.outputTokens;
      sum.usd += line.costNanoUsd;
      requests++;
      first = Math.min(first, Date.parse(line.at));
    }
  }
  const overMs = Math.min(LOOK_BACK_DAYS * DAY_MS, Math.max(HOUR_MS, now - first));
  const days = overMs / DAY_MS;
  const uses = [...sums.values()]
    .sort((a, b) => b.usd - a.usd || b.requests - a.requests)
    .map(({ agent, target, ...sum }) => ({
      agent,
      target,
      perDay: { requests: sum.requests / days, tokens: sum.tokens / days, usd: sum.usd / days },
    }));
  return { uses, requests, overMs };
}
