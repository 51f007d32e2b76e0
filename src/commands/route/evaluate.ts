import { readFile } from 'node:fs/promises';
import { parseJsonText } from '../../failures/json-record.ts';
import { type Evaluation, evaluate } from '../../routing/score/evaluate.ts';
import { parseScorePolicy, type ScorePolicy, ScorePolicyError } from '../../routing/score/score-policy.ts';
import { parseArguments, UsageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { CommandFailed } from '../command-failed.ts';
import { table } from '../table.ts';
import { points } from './points.ts';
import { readPairedRows } from './read-paired-rows.ts';

const DEFAULT_CHEAP_PRICE = 0.2;

/** `breakwater route eval LOG --policy FILE [--cheap-price 0.2]` */
export const evaluateCommand: Command = async (args, terminal) => {
  const { values, positionals } = parseArguments(
    args,
    { policy: { type: 'string' }, 'cheap-price': { type: 'string' }, json: { type: 'boolean' } },
    1,
  );
  const [log] = positionals;
  if (log === undefined || values.policy === undefined)
    throw new UsageError('needs a log and a policy: breakwater route eval LOG.jsonl --policy policy.json.');
  const cheapPrice = parsePrice(values['cheap-price']);
  const policy = await readPolicy(values.policy);
  const rows = await readPairedRows(log);
  if (rows.length === 0) throw new CommandFailed(`${log} holds no rows.`);
  const result = evaluate(policy, rows, cheapPrice);
  terminal.out(values.json === true ? `${JSON.stringify(result, null, 2)}\n` : describe(result, policy, cheapPrice));
  return 0;
};

function parsePrice(text: string | undefined): number {
  if (text === undefined) return DEFAULT_CHEAP_PRICE;
  const value = /^(?:0?\.\d{1,9}|0|1)$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 0) return value;
  throw new UsageError(
    `--cheap-price "${text}": expected what the cheap model costs where the strong one costs 1, such as 0.2.`,
  );
}

async function readPolicy(path: string): Promise<ScorePolicy> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new CommandFailed(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  try {
    return parseScorePolicy(parseJsonText(text));
  } catch (error) {
    if (error instanceof ScorePolicyError) throw new CommandFailed(`${path}: ${error.message}`);
    throw error;
  }
}

function describe(result: Evaluation, policy: ScorePolicy, cheapPrice: number): string {
  const { rows, cheap, strong, apgr, low, high, cpt50, qualityAtHalf, observed, admitted } = result;
  const lines = [
    table([
      ['rows', String(rows)],
      ['score of the cheap model', cheap.toFixed(3)],
      ['score of the strong model', strong.toFixed(3)],
      [
        'APGR (chance 0.500)',
        Number.isNaN(apgr) ? 'no gap' : `${apgr.toFixed(3)}  (95%: ${low.toFixed(3)} to ${high.toFixed(3)})`,
      ],
      ['CPT50, share of strong calls', Number.isNaN(cpt50) ? 'no gap' : percent(cpt50)],
      [
        `score at 50% cost, cheap at ${cheapPrice}`,
        qualityAtHalf === undefined ? 'the cheap model alone costs more' : qualityAtHalf.toFixed(3),
      ],
      ['rows unlike the calibration', percent(observed)],
    ]).trimEnd(),
    '',
  ];
  if (admitted.keys.length === 0)
    lines.push('none of the keys that the policy gives to the cheap model is among the rows');
  else
    lines.push(
      `the policy gives ${percent(admitted.share)} of the rows to the cheap model by their key, which loses ${points(admitted.loss)} (95%: ${points(admitted.low)} to ${points(admitted.high)}; up to ${points(policy.delta)} is accepted)`,
      table([
        ['route key', 'rows', 'loss'],
        ...admitted.keys.map(({ key, rows: n, loss }) => [key, String(n), points(loss)]),
      ]).trimEnd(),
    );
  // The same rows give the same means: then nothing here was held out.
  if (rows === policy.rows && near(cheap, policy.cheap) && near(strong, policy.strong))
    lines.push('', 'These look like the rows that the policy was calibrated on: what it does on others is worse.');
  return `${lines.join('\n')}\n`;
}

function near(a: number, b: number): boolean {
  return Math.abs(a - b) < 1e-4;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}
