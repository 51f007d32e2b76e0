import { type ParseArgsConfig, type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { didYouMean } from '../config/suggest.ts';

/** The command line is wrong: exit status 2. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** {@link parseArgs}, strict, with messages of one line. Throws {@link UsageError}. */
export function parseArguments<const O extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: O,
  positionals = 0,
) {
  const config = { args: [...args], options, allowPositionals: true, strict: true } satisfies ParseArgsConfig;
  let parsed: ReturnType<typeof parseArgs<typeof config>>;
  try {
    parsed = parseArgs(config);
  } catch (error) {
    throw new UsageError(explain(error, Object.keys(options)), { cause: error });
  }
  const surplus = parsed.positionals[positionals];
  if (surplus !== undefined) throw new UsageError(`unexpected argument "${surplus}".`);
  return parsed;
}

/** A port from the command line. Throws {@link UsageError}. */
export function parsePort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new UsageError(`--port "${text}": expected a number from 0 to 65535.`);
  return Number(text);
}

function explain(error: unknown, known: readonly string[]): string {
  const message = error instanceof Error ? error.message : String(error);
  const unknown = /^Unknown option '(-[^']*)'/.exec(message)?.[1];
  if (unknown !== undefined) {
    const hint = didYouMean(unknown.replace(/^-+/, ''), known).replace('"', '"--');
    return `unknown option "${unknown}".${hint}`;
  }
  // Node goes on with advice over several sentences.
  return `${(message.split(/[.\n]/)[0] ?? message).toLowerCase()}.`;
}
