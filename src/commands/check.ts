import { loadConfig } from '../config/load.ts';
import { PriceBook } from '../prices/price-book.ts';
import { parseArguments, UsageError } from './arguments.ts';
import { parseFactor, parseTraffic } from './assumed-traffic.ts';
import type { Command } from './command.ts';
import { summarize } from './summary.ts';

/** `breakwater check FILE` */
export const checkCommand: Command = async (args, terminal) => {
  const { positionals, values } = parseArguments(
    args,
    { at: { type: 'string' }, 'requests-per-day': { type: 'string' }, tokens: { type: 'string' } },
    1,
  );
  const [file] = positionals;
  if (file === undefined) throw new UsageError('needs a file: breakwater check breakwater.yaml.');
  const traffic = parseTraffic(values['requests-per-day'], values.tokens);
  const factor = values.at === undefined ? undefined : parseFactor(values.at);
  if (traffic !== undefined && factor === undefined)
    throw new UsageError('--requests-per-day and --tokens go with --at, such as --at 10x.');
  const config = loadConfig(file, terminal.env);
  const prices = new PriceBook();
  await prices.load();
  terminal.out(summarize(config, prices));
  if (factor === undefined) return 0;
  const { projectAt } = await import('./project.ts');
  terminal.out(await projectAt(factor, traffic, config, prices, terminal));
  return 0;
};
