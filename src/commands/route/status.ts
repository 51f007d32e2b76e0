import type { RouteShape } from '../../console/shapes.ts';
import { parseArguments, UsageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { openRemote, REMOTE } from '../open-administration.ts';
import { plainly } from '../plainly.ts';
import { table } from '../table.ts';

const HEAD = [
  'TENANT',
  'POLICY',
  'KEY',
  'CHEAP',
  'STATE',
  'COMPARED',
  'LOSS',
  'AT MOST',
  'SERVED',
  'SAVED',
  'SPENT',
  'NET',
];
const NUMBERS = [5, 6, 7, 8, 9, 10, 11];
/** Kinds of work that are asked for: those with most requests. */
const MOST = 1_000;

/** `breakwater route status --url URL` */
export const statusCommand: Command = async (args, terminal) => {
  const { values } = parseArguments(args, {
    ...REMOTE,
    tenant: { type: 'string' },
    verdicts: { type: 'boolean' },
    json: { type: 'boolean' },
  });
  const { url, tenant, verdicts, json } = values;
  if (url === undefined)
    throw new UsageError('needs --url URL of a running proxy: what it serves now is decided from its memory.');
  await plainly(async () => {
    const administration = await openRemote(url, values['admin-key-env'], terminal);
    const { routes, total } = await administration.routes({ tenant, limit: MOST });
    if (json === true) terminal.out(`${JSON.stringify({ routes, total }, null, 2)}\n`);
    else terminal.out(describe(routes, total, verdicts === true));
  });
  return 0;
};

function describe(routes: readonly RouteShape[], total: number, verdicts: boolean): string {
  if (routes.length === 0) return 'no evidence yet: nothing was asked for since the proxy was started\n';
  let text = table([HEAD, ...routes.map(row)], NUMBERS);
  if (total > routes.length) text += `${routes.length} of ${total}: those with most requests\n`;
  if (verdicts) for (const { key, pair, verdict } of routes) text += `\n${key}, ${pair.cheap}: ${verdict}\n`;
  return text;
}

function row({ tenant, policy, key, pair, state, blind, n, loss, upper, ...route }: RouteShape): string[] {
  const { seen, served, savedUsd, spentUsd, netUsd } = route;
  return [
    tenant === '' ? '-' : tenant,
    policy,
    key,
    pair.cheap,
    blind ? `${state} (no verdicts)` : state,
    String(n),
    n === 0 ? '-' : points(loss),
    n === 0 ? '-' : points(upper),
    `${served}/${seen}`,
    usd(savedUsd),
    usd(spentUsd.shadow + spentUsd.judge),
    usd(netUsd),
  ];
}

function points(share: number): string {
  return `${(share * 100).toFixed(1)}pt`;
}

function usd(dollars: number): string {
  return `${dollars < 0 ? '-' : ''}$${Math.abs(dollars).toFixed(4)}`;
}
