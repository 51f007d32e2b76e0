/**
 * What compaction does to a long session: cost a turn by the upstream's bill, and the time to the first token, with the whole past and without.
 * `npm run bench:context -- --help` lists the options.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type ContextOptions, USUAL } from './options.ts';
import { marksOf, render } from './report.ts';
import { runSession } from './session-run.ts';

const USAGE = `npm run bench:context -- [options]

  --quick      60 short requests: proves that the bench runs
  --seed N     of the session (default: ${USUAL.seed})
  --cap N      maxInputTokens of the agent (default: ${USUAL.cap})
  --write      put the results into docs/context.md
  --help

Takes about a minute and a half. It ends with 1 where a number to hold is missed.`;

const PAGE = fileURLToPath(new URL('../../docs/context.md', import.meta.url));
const BEGIN = '<!-- bench:context:begin -->';
const END = '<!-- bench:context:end -->';

const QUICK: Partial<ContextOptions> = { turns: 60, words: 150, cap: 6000, prefillMs: 4 };

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean' },
      seed: { type: 'string' },
      cap: { type: 'string' },
      write: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  if (values.quick && values.write) throw new Error('--write takes a whole run');
  const usual: ContextOptions = { ...USUAL, ...(values.quick ? QUICK : {}) };
  const options: ContextOptions = {
    ...usual,
    seed: wholeNumber('--seed', values.seed) ?? usual.seed,
    cap: wholeNumber('--cap', values.cap) ?? usual.cap,
  };
  process.stderr.write('the whole past\n');
  const whole = await runSession(options, false);
  process.stderr.write('compacted\n');
  const short = await runSession(options, true);
  const figures = { options, whole, short };
  const text = render(figures);
  process.stdout.write(`\n${text}`);
  if (values.write) write(text);
  if (marksOf(figures).some(({ held }) => !held)) process.exitCode = 1;
}

function wholeNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${option}: expected a whole number, not ${text}`);
  return Number(text);
}

function write(text: string): void {
  const page = readFileSync(PAGE, 'utf8');
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${PAGE} has no ${BEGIN} ... ${END}`);
  writeFileSync(PAGE, `${page.slice(0, begin + BEGIN.length)}\n\n${text}\n${page.slice(end)}`);
}

await main(process.argv.slice(2));
