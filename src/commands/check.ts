import { loadConfig } from '../config/load.ts';
import { PriceBook } from '../prices/price-book.ts';
import { parseArguments, UsageError } from './arguments.ts';
import type { Command } from './command.ts';
import { summarize } from './summary.ts';

/** `breakwater check FILE` */
export const checkCommand: Command = async (args, terminal) => {
  const { positionals } = parseArguments(args, {}, 1);
  const [file] = positionals;
  if (file === undefined) throw new UsageError('needs a file: breakwater check breakwater.yaml.');
  const config = loadConfig(file, terminal.env);
  const prices = new PriceBook();
  await prices.load();
  terminal.out(summarize(config, prices));
  return 0;
};
