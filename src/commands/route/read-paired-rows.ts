import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { JsonMembers } from '../../dialects/json-members.ts';
import { isRecord, type JsonRecord, parseJsonText } from '../../failures/json-record.ts';
import { featuresOf } from '../../routing/features/features.ts';
import { promptText } from '../../routing/features/prompt-text.ts';
import { readPrompt } from '../../routing/features/read-prompt.ts';
import { guessEndpoint } from '../../routing/policy/guess-endpoint.ts';
import { openingOf } from '../../routing/policy/opening.ts';
import { fingerprintOf, systemPrintOf } from '../../routing/policy/route-key.ts';
import type { EvaluatedRow } from '../../routing/score/evaluate.ts';
import { CommandFailed } from '../command-failed.ts';

/** More rows than this teach nothing more; all of them are in memory, half a kilobyte each. */
const MOST_ROWS = 1_000_000;

/**
 * Prompts that both models answered, out of a log of JSON lines: `{"prompt": "...", "cheap": 0.4, "strong": 1, "key": "tickets"}`. In place of
 * `prompt` a whole `request` may stand; without a `key` it then has the one that the proxy would give it. `tokens` is what the call took.
 *
 * @throws CommandFailed naming the first line that is no such row
 */
export async function readPairedRows(path: string): Promise<EvaluatedRow[]> {
  const rows: EvaluatedRow[] = [];
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  let number = 0;
  try {
    for await (const line of lines) {
      number++;
      if (line.trim() === '') continue;
      if (rows.length === MOST_ROWS) throw new CommandFailed(`${path} has more than ${MOST_ROWS} rows.`);
      const read = readRow(parseJsonText(line));
      if (typeof read === 'string') throw new CommandFailed(`${path}:${number}: ${read}`);
      rows.push(read);
    }
  } catch (error) {
    if (error instanceof CommandFailed) throw error;
    throw new CommandFailed(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return rows;
}

/** @returns the row, or what is wrong with it */
function readRow(value: unknown): EvaluatedRow | string {
  if (!isRecord(value)) return 'expected a JSON object on each line';
  const { cheap, strong, key = value.route, tokens = 1 } = value;
  if (!isScore(cheap) || !isScore(strong))
    return 'needs "cheap" and "strong": what either model scored, each a number from 0 to 1';
  if (key !== undefined && (typeof key !== 'string' || key === '')) return '"key" must be text';
  if (typeof tokens !== 'number' || !(tokens > 0)) return '"tokens" must be a number above zero';
  const { prompt, request } = value;
  if (typeof prompt === 'string') return { features: featuresOf(promptText(prompt)), key, cheap, strong, tokens };
  if (isRecord(request)) return fromRequest(request, { key, cheap, strong, tokens });
  return 'needs a "prompt", or the "request" as it was sent';
}

function fromRequest(request: JsonRecord, row: Omit<EvaluatedRow, 'features'>): EvaluatedRow | string {
  const body = JsonMembers.read(Buffer.from(JSON.stringify(request)));
  if (!(body instanceof JsonMembers)) return 'the "request" cannot be read';
  const endpoint = guessEndpoint(body);
  const prompt = readPrompt(endpoint, body);
  if (prompt === undefined) return 'the "request" has no text of a user';
  return {
    ...row,
    key: row.key ?? fingerprintOf(body, systemPrintOf(body, openingOf(endpoint, body))),
    features: featuresOf(prompt),
  };
}

function isScore(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1;
}
