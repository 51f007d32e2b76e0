import { existsSync } from 'node:fs';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import type { RedisState } from '../config/state-config.ts';
import type { Administration } from '../console/administration.ts';
import type { RemoteAdministration } from '../console/remote-administration.ts';
import { UsageError } from './arguments.ts';
import type { Terminal } from './command.ts';
import { CommandFailed } from './command-failed.ts';
import { plainly } from './plainly.ts';

/** Options of every command that asks a running proxy. */
export const REMOTE = {
  url: { type: 'string' },
  'admin-key-env': { type: 'string' },
} as const;

/** Options of every command that looks into the state. */
export const ACCESS = { config: { type: 'string' }, ...REMOTE } as const;

export interface AccessValues {
  readonly config?: string | undefined;
  readonly url?: string | undefined;
  readonly 'admin-key-env'?: string | undefined;
}

const ADMIN_KEY_VARIABLE = 'BREAKWATER_ADMIN_KEY';
/** A command can wait for Redis where a request should not, milliseconds. */
const REDIS_PATIENCE_MS = 5_000;

/**
 * Does something with the state that a file names, or with a running proxy's, and closes it.
 *
 * @param makesState the command may be the first to use the state
 * @throws {CommandFailed | UsageError | ConfigError}
 */
export async function withAdministration<T>(
  values: AccessValues,
  terminal: Terminal,
  use: (administration: Administration) => Promise<T>,
  makesState = false,
): Promise<T> {
  return plainly(async () => {
    const administration = await open(values, terminal, makesState);
    try {
      return await use(administration);
    } finally {
      await administration.close();
    }
  });
}

async function open(values: AccessValues, terminal: Terminal, makesState: boolean): Promise<Administration> {
  const { config: file, url } = values;
  if (url !== undefined) {
    if (file !== undefined) throw new UsageError('takes --config or --url, not both.');
    return openRemote(url, values['admin-key-env'], terminal);
  }
  if (values['admin-key-env'] !== undefined) throw new UsageError('--admin-key-env goes with --url.');
  if (file === undefined || file === '')
    throw new UsageError('needs --config FILE, whose state it works on, or --url URL of a running proxy.');
  const config = loadConfig(file, terminal.env);
  if (config.tenants.size === 0) throw new CommandFailed(`${file} has no tenants.`);
  return openLocal(config, terminal, makesState);
}

/** A running proxy. @throws {UsageError} */
export async function openRemote(
  url: string,
  variable = ADMIN_KEY_VARIABLE,
  terminal: Terminal,
): Promise<RemoteAdministration> {
  if (!/^https?:\/\/[^/?#]+\/*$/.test(url)) throw new UsageError(`--url "${url}": expected http://HOST:PORT.`);
  const key = terminal.env[variable];
  if (key === undefined || key === '')
    throw new UsageError(
      `--url needs an admin key: put it into ${variable}, or name another variable with --admin-key-env.`,
    );
  const { RemoteAdministration } = await import('../console/remote-administration.ts');
  return new RemoteAdministration(url, key);
}

/** The state itself, beside the processes that use it. @throws {CommandFailed} where it is in no file and no Redis */
export async function openLocal(config: Config, terminal: Terminal, makesState = false): Promise<Administration> {
  const [{ LocalAdministration }, { CommandEvents }] = await Promise.all([
    import('../console/local-administration.ts'),
    import('./tell-webhooks.ts'),
  ]);
  const clock = systemClock;
  const random = Math.random;
  const warn = (text: string) => terminal.error(`${text}\n`);
  const events = new CommandEvents({ config, clock, random, warn });
  const state = await openStores(config, warn, makesState);
  return new LocalAdministration({
    config: () => config,
    budgets: state.budgets,
    keys: state.keys,
    clock,
    heldKnown: config.state.kind === 'redis',
    tell: (event) => events.tell(event),
    keysChanged: () => undefined,
    close: async () => {
      await events.close();
      await state.close();
    },
  });
}

async function openStores({ state }: Config, warn: (text: string) => void, makesState: boolean) {
  if (state.kind === 'memory')
    throw new CommandFailed('state: memory is in the running proxy only. Ask it: --url http://HOST:PORT');
  if (state.kind === 'sqlite') {
    const [{ openSqliteReader }, { databaseFile }] = await Promise.all([
      import('../state/local/sqlite-reader.ts'),
      import('../state/sqlite/open-database.ts'),
    ]);
    if (!makesState && !existsSync(databaseFile(state.dir)))
      throw new CommandFailed(
        `there is no ${databaseFile(state.dir)} yet: no proxy has used this state, or it was started in another directory.`,
      );
    return openSqliteReader({ dir: state.dir, clock: systemClock });
  }
  const { openState } = await import('../state/open-state.ts');
  // The addresses are not enumerable: a copy would lose them.
  const patient: RedisState = Object.create(state, { timeout: { value: REDIS_PATIENCE_MS } });
  return openState(patient, {
    clock: systemClock,
    random: Math.random,
    onNotice: (text) => warn(text),
    onDegraded: () => undefined,
  });
}
