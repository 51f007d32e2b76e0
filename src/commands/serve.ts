import type { Overrides } from '../config/assemble.ts';
import type { Config } from '../config/config.ts';
import { configFromEnvironment } from '../config/from-environment.ts';
import type { Environment } from '../config/interpolate.ts';
import { loadConfig } from '../config/load.ts';
import { parseArguments, parsePort, UsageError } from './arguments.ts';
import type { Command } from './command.ts';
import { plainly } from './plainly.ts';

/** What `serve` was told on its command line. */
export interface ServeArguments {
  readonly configPath: string | undefined;
  readonly overrides: Overrides;
}

/** `breakwater serve`: returns once it listens; the server keeps the process alive. */
export const serveCommand: Command = async (args, terminal) => {
  const { configPath, overrides } = parseServeArguments(args);
  const config = serveConfig(configPath, overrides, terminal.env);
  const { serve } = await import('../proxy/serve.ts');
  try {
    await plainly(() => serve({ config, configPath, overrides }));
  } catch (error) {
    if (!isListenError(error)) throw error;
    terminal.error(`breakwater serve: cannot listen on ${config.listen.host}:${config.listen.port}: ${error.code}\n`);
    return 1;
  }
  return 0;
};

/** The address is taken, not ours or not allowed: the operator's to mend, and no stack helps. */
function isListenError(error: unknown): error is Error & { code: string } {
  return (
    error instanceof Error &&
    'syscall' in error &&
    error.syscall === 'listen' &&
    'code' in error &&
    typeof error.code === 'string'
  );
}

/** @throws UsageError */
export function parseServeArguments(args: readonly string[]): ServeArguments {
  const { values } = parseArguments(args, {
    config: { type: 'string' },
    host: { type: 'string' },
    port: { type: 'string' },
    auth: { type: 'string' },
    passthrough: { type: 'string' },
  });
  if (values.config === '') throw new UsageError('--config needs a file.');
  if (values.host === '') throw new UsageError('--host needs an address.');
  const { auth, host, passthrough } = values;
  if (auth !== undefined && auth !== 'none') throw new UsageError(`--auth "${auth}": only "none" is known.`);
  const overrides: Overrides = { host, port: parsePort(values.port), auth, passthrough };
  return { configPath: values.config, overrides };
}

/** @throws ConfigError */
export function serveConfig(configPath: string | undefined, overrides: Overrides, env: Environment): Config {
  return configPath === undefined ? configFromEnvironment(env, overrides) : loadConfig(configPath, env, overrides);
}
