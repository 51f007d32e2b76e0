import { writeFile } from 'node:fs/promises';
import { assess } from '../../routing/score/assess.ts';
import { CalibrationError, calibrate } from '../../routing/score/calibrate.ts';
import type { ScorePolicy } from '../../routing/score/score-policy.ts';
import { parseArguments, UsageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { CommandFailed } from '../command-failed.ts';
import { table } from '../table.ts';
import { points } from './points.ts';
import { readPairedRows } from './read-paired-rows.ts';

const DELTA = /^(\d{1,2}(?:\.\d{1,6})?)\s?(?:pt|%)$/;

/** `breakwater route calibrate LOG [--out policy.json] [--delta 5pt]` */
export const calibrateCommand: Command = async (args, terminal) => {
  const { values, positionals } = parseArguments(args, { out: { type: 'string' }, delta: { type: 'string' } }, 1);
  const [log] = positionals;
  if (log === undefined) throw new UsageError('needs a log: breakwater route calibrate LOG.jsonl --out policy.json.');
  const delta = parseDelta(values.delta);
  const rows = await readPairedRows(log);
  let policy: ScorePolicy;
  try {
    policy = calibrate(rows, { delta });
  } catch (error) {
    if (error instanceof CalibrationError) throw new CommandFailed(`${log}: ${error.message}`);
    throw error;
  }
  const report = describe(policy, assess(rows, { delta }));
  const text = `${JSON.stringify(policy, null, 1)}\n`;
  if (values.out === undefined) {
    // The policy alone on standard output, so that it can be piped.
    terminal.out(text);
    terminal.error(report);
    return 0;
  }
  try {
    await writeFile(values.out, text);
  } catch (error) {
    throw new CommandFailed(`cannot write ${values.out}: ${error instanceof Error ? error.message : String(error)}`);
  }
  terminal.out(`${report}written to ${values.out}; a policy uses it by score: {file: ${values.out}}\n`);
  return 0;
};

function parseDelta(text: string | undefined): number {
  if (text === undefined) return 0.05;
  const value = Number(DELTA.exec(text)?.[1]) / 100;
  if (value > 0) return value;
  throw new UsageError(`--delta "${text}": expected points of a hundred such as 5pt, above zero.`);
}

function describe(policy: ScorePolicy, { apgr, low, high, verdict }: ReturnType<typeof assess>): string {
  const keys = Object.entries(policy.keys);
  const lines = [
    `${policy.rows} rows: the cheap model scores ${policy.cheap.toFixed(3)}, the strong one ${policy.strong.toFixed(3)}`,
    `on rows it was not fitted on the score recovers ${apgr.toFixed(3)} of the gap (95%: ${low.toFixed(3)} to ${high.toFixed(3)}; chance is 0.500)`,
    verdict,
    '',
  ];
  if (keys.length === 0)
    lines.push('no route key has enough rows for evidence of its own; give rows a "key", or whole requests');
  else
    lines.push(
      table([
        ['route key', 'rows', 'loss', 'at most', `cheap model may serve (up to ${points(policy.delta)})`],
        ...keys.map(([key, { n, loss, upper, admitted }]) => [
          key,
          String(n),
          points(loss),
          points(upper),
          admitted ? 'yes' : 'no',
        ]),
      ]).trimEnd(),
    );
  return `${lines.join('\n')}\n`;
}
