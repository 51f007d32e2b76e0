import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { type Clock, systemClock, type Timer } from '../clock.ts';
import type { Overrides } from './assemble.ts';
import type { Config } from './config.ts';
import { ConfigError } from './config-error.ts';
import { SIMULATOR, withSimulatorUrl } from './from-environment.ts';
import type { Environment } from './interpolate.ts';
import { parseConfig, readConfigFile } from './load.ts';
import { isSameState } from './state-schema.ts';

export interface WatchOptions {
  readonly path: string;
  readonly env: Environment;
  /** What the process began with: what needs a restart is held against that. */
  readonly config: Config;
  readonly overrides?: Overrides;
  readonly clock?: Clock;
  /** Where SIGHUP comes from. Default: this process. */
  readonly signals?: SignalSource;
  /** `notices`: what of the change waits for a restart. */
  onChange(config: Config, notices: readonly string[]): void;
  /** The file is refused; the old configuration stays. */
  onError(error: ConfigError): void;
}

export interface SignalSource {
  on(event: 'SIGHUP', listener: () => void): unknown;
  off(event: 'SIGHUP', listener: () => void): unknown;
}

export interface ConfigWatch {
  /** What SIGHUP does: loads the file, changed or not. */
  reload(): void;
  close(): void;
}

/** Editors write in several steps; one reload follows when the file has been quiet for as long, milliseconds. */
const QUIET = 100;

/** A mounted ConfigMap changes by a swap of this link; the file itself is never touched. */
const MOUNTED_DATA = '..data';

/**
 * Loads the file again on SIGHUP and when it changes. The directory is watched, not the file: editors replace a file by
 * renaming another over it, and a watch on the file would stay with the old one.
 */
export function watchConfig(options: WatchOptions): ConfigWatch {
  const watcher = new ConfigWatcher(options);
  watcher.start();
  return watcher;
}

class ConfigWatcher implements ConfigWatch {
  readonly #options: WatchOptions;
  readonly #clock: Clock;
  readonly #signals: SignalSource;
  readonly #name: string;
  #current: Config;
  /** What was read last: an event without a change (a touch, a chmod, another file's swap) loads nothing. */
  #source: string | undefined;
  #watcher: FSWatcher | undefined;
  #timer: Timer | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#signals = options.signals ?? process;
    this.#name = basename(options.path);
    this.#current = options.config;
  }

  start(): void {
    this.#source = this.#read();
    this.#signals.on('SIGHUP', this.reload);
    try {
      this.#watcher = watch(dirname(resolve(this.#options.path)), { persistent: false }, this.#changed);
      this.#watcher.on('error', (error) =>
        this.#refuse(`is no longer watched (SIGHUP still reloads it): ${error.message}`),
      );
    } catch (error) {
      this.#refuse(
        `cannot be watched (SIGHUP still reloads it): ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  readonly reload = (): void => {
    this.#stopTimer();
    this.#source = this.#read();
    if (this.#source !== undefined) this.#load(this.#source);
  };

  close(): void {
    this.#stopTimer();
    this.#signals.off('SIGHUP', this.reload);
    this.#watcher?.close();
  }

  readonly #changed = (_event: string, name: string | null): void => {
    if (name !== null && name !== this.#name && name !== MOUNTED_DATA) return;
    this.#stopTimer();
    this.#timer = this.#clock.setTimeout(this.#quiet, QUIET);
    this.#timer.unref?.();
  };

  readonly #quiet = (): void => {
    this.#timer = undefined;
    const source = this.#read();
    if (source === undefined || source === this.#source) return;
    this.#source = source;
    this.#load(source);
  };

  #stopTimer(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #load(source: string): void {
    const { path, env, overrides } = this.#options;
    const config = this.#attempt(() => keepSimulator(this.#current, parseConfig(path, source, env, overrides)));
    if (config === undefined) return;
    const notices = restartNotices(this.#options.config, config);
    this.#current = config;
    this.#options.onChange(config, notices);
  }

  #read(): string | undefined {
    return this.#attempt(() => readConfigFile(this.#options.path));
  }

  #attempt<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#options.onError(error);
      return undefined;
    }
  }

  #refuse(message: string): void {
    this.#options.onError(new ConfigError([{ file: this.#options.path, line: 0, column: 0, path: '', message }]));
  }
}

/** The simulator goes on where it was started; it never takes over from providers that were serving. */
function keepSimulator(before: Config, after: Config): Config {
  if (!after.simulator) return after;
  const running = before.simulator ? before.providers.get(SIMULATOR) : undefined;
  if (running !== undefined) return withSimulatorUrl(after, Number(new URL(running.baseUrl).port));
  const message = 'leaves no provider; the simulator stands in at a start only';
  throw new ConfigError([{ file: after.source, line: 0, column: 0, path: 'providers', message }]);
}

/** All that waits, told at each reload until the restart: what went before in the file does not matter. */
function restartNotices(before: Config, after: Config): string[] {
  const notices: string[] = [];
  const [from, to] = [before.listen, after.listen];
  if (from.host !== to.host || from.port !== to.port) {
    notices.push(
      `listen changed from ${from.host}:${from.port} to ${to.host}:${to.port}: it takes effect after a restart.`,
    );
  }
  if (!isSameState(before.state, after.state)) notices.push('state changed: it takes effect after a restart.');
  if (before.cache.encryptionKey !== after.cache.encryptionKey)
    notices.push('cache.encryptionKey changed: it takes effect after a restart.');
  return notices;
}
