import { runCommandLine } from '../../src/commands/command-line.ts';

export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly error: string;
}

/** Runs a command line in this process. */
export async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const result = { status: -1, out: '', error: '' };
  result.status = await runCommandLine(args, {
    env,
    out: (text) => {
      result.out += text;
    },
    error: (text) => {
      result.error += text;
    },
  });
  return result;
}
