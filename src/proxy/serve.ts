import type { FastifyInstance } from 'fastify';
import { type Clock, type Random, systemClock } from '../clock.ts';
import type { Overrides } from '../config/assemble.ts';
import type { Config } from '../config/config.ts';
import { withSimulatorUrl } from '../config/from-environment.ts';
import { type ConfigWatch, watchConfig } from '../config/reload.ts';
import { isSameState } from '../config/state-schema.ts';
import type { Simulator } from '../simulator/simulator.ts';
import { openState, type State } from '../state/open-state.ts';
import { Telemetry } from '../telemetry/telemetry.ts';
import { holdCache } from './hold-cache.ts';
import { closeContext, holdContext } from './hold-context.ts';
import { holdEvidence } from './hold-evidence.ts';
import { holdPins } from './hold-pins.ts';
import type { OpenTenancy } from './open-tenancy.ts';
import { Runtime } from './runtime.ts';
import { createServer } from './server.ts';

/** How often a drain looks whether the last request has finished, milliseconds. */
const DRAIN_LOOK_MS = 50;
/** So often for those whose connection was just closed: what they used is still to be counted. */
const SETTLE_LOOKS = 40;

export interface ServeOptions {
  readonly config: Config;
  /** Watched and reloaded; undefined: configured by the environment alone. */
  readonly configPath?: string | undefined;
  readonly overrides?: Overrides;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly telemetry?: Telemetry;
  /** SIGTERM and SIGINT drain and end the process. Off in tests that run several servers in one process. */
  readonly signals?: boolean;
}

/** A proxy that listens. */
export interface Serving {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  readonly runtime: Runtime;
  /** The simulator behind it, where no provider is known. */
  readonly simulator: Simulator | undefined;
  /** Takes nothing new, lets what is under way finish for up to `drain` milliseconds, then closes everything. */
  close(): Promise<void>;
}

/** Starts the proxy. @throws when the address cannot be bound */
export async function serve(options: ServeOptions): Promise<Serving> {
  const clock = options.clock ?? systemClock;
  const telemetry = options.telemetry ?? new Telemetry({ level: options.config.telemetry.log });
  const simulator = options.config.simulator ? await startSimulator() : undefined;
  const config = simulator === undefined ? options.config : withSimulatorUrl(options.config, simulator.port);
  const random = options.random ?? Math.random;
  let tenancy: OpenTenancy | undefined;
  const state = !keepsState(config)
    ? undefined
    : await openState(config.state, {
        clock,
        random,
        onNotice: (text, turn) => {
          telemetry.notice(text);
          if (turn !== undefined) tenancy?.tellOfState(turn);
        },
        onDegraded: () => telemetry.stateUnavailable(),
      }).catch(async (error: unknown) => {
        await simulator?.close();
        throw error;
      });
  const runtime: Runtime = new Runtime({ config, clock, random, telemetry, board: state?.circuits });
  await runtime.learnWindows();
  if (state !== undefined && config.tenants.size > 0) {
    const { openTenancy } = await import('./open-tenancy.ts');
    tenancy = await openTenancy(runtime, state);
  }
  await holdContext(runtime, state);
  await holdCache(runtime, state);
  await holdEvidence(runtime, state);
  await holdPins(runtime, state);
  const app = createServer(runtime);
  const opened = new Opening();
  const release = async () => {
    // What a reload was opening when the end came is open first, to be closed with the rest.
    await opened.settled;
    await runtime.shadows?.close();
    runtime.routePins.close();
    await runtime.semantic?.close();
    await runtime.cache?.close();
    await closeContext(runtime);
    await tenancy?.close();
    await runtime.close();
    await state?.close();
    await simulator?.close();
  };
  const url = await app.listen({ host: config.listen.host, port: config.listen.port }).catch(async (error: unknown) => {
    await release();
    throw error;
  });
  for (const notice of config.notices) telemetry.notice(notice);
  telemetry.started(url, config.source);

  const watch =
    options.configPath === undefined
      ? undefined
      : watchFile(options.configPath, config, options.overrides, runtime, state, opened);
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= drain(app, runtime, watch).then(release);
    return closing;
  };
  if (options.signals !== false) closeOnSignals(close, telemetry);
  return { url, runtime, simulator, close };
}

/** Loaded only where it is needed: it takes 6 MB. */
async function startSimulator(): Promise<Simulator> {
  const { Simulator } = await import('../simulator/simulator.ts');
  return Simulator.start();
}

function watchFile(
  path: string,
  config: Config,
  overrides: Overrides | undefined,
  runtime: Runtime,
  state: State | undefined,
  opened: Opening,
): ConfigWatch {
  return watchConfig({
    path,
    env: process.env,
    config,
    ...(overrides === undefined ? {} : { overrides }),
    onChange: (changed, notices) => {
      const restart = needsRestart(runtime.config, changed);
      if (restart !== undefined) {
        runtime.telemetry.reloadRefused(path, restart);
        return;
      }
      runtime.reload(changed);
      const open = async () => {
        const work = [
          runtime.learnWindows(),
          holdCache(runtime, state),
          holdEvidence(runtime, state),
          holdPins(runtime, state),
          holdContext(runtime, state),
        ];
        await Promise.all(work);
      };
      opened.next(open, (error) => runtime.telemetry.defect(error));
      runtime.telemetry.reloaded(path, notices);
    },
    onError: (error) => runtime.telemetry.reloadRefused(path, error.message),
  });
}

/** What reloads open, one after the other: the last one's word holds. */
class Opening {
  settled: Promise<void> = Promise.resolve();

  next(open: () => Promise<void>, onDefect: (error: unknown) => void): void {
    this.settled = this.settled.then(open).catch(onDefect);
  }
}

/** Nothing is opened for a proxy that neither asks who comes nor shares anything with another. */
function keepsState({ tenants, state }: Config): boolean {
  return tenants.size > 0 || state.kind === 'redis';
}

/** What a running proxy cannot take up: its state is opened once. */
function needsRestart(now: Config, changed: Config): string | undefined {
  if (keepsState(now) !== keepsState(changed) || now.tenants.size > 0 !== changed.tenants.size > 0)
    return 'the first tenant cannot be added, nor the last one removed, while the proxy runs: restart it';
  return keepsState(now) && !isSameState(now.state, changed.state)
    ? '"state" cannot be changed while the proxy runs: restart it'
    : undefined;
}

async function drain(app: FastifyInstance, runtime: Runtime, watch: ConfigWatch | undefined): Promise<void> {
  runtime.draining = true;
  watch?.close();
  // Idle connections are closed; those with a request under way stay until it is answered.
  app.server.closeIdleConnections();
  const until = runtime.clock.now() + runtime.config.drain;
  while (runtime.inFlight > 0 && runtime.clock.now() < until) await pause(runtime.clock, DRAIN_LOOK_MS);
  for (const exchange of runtime.exchanges.list()) exchange.cancellation.cancel('shutdown');
  // What was just cut off is told so in its stream; that takes a turn of the event loop, not more.
  if (runtime.inFlight > 0) await pause(runtime.clock, DRAIN_LOOK_MS);
  app.server.closeAllConnections();
  await app.close();
  for (let look = 0; look < SETTLE_LOOKS && runtime.exchanges.size > 0; look++)
    await pause(runtime.clock, DRAIN_LOOK_MS);
}

function closeOnSignals(close: () => Promise<void>, telemetry: Telemetry): void {
  const onSignal = (signal: NodeJS.Signals) => {
    telemetry.notice(`${signal}: draining`);
    // A second signal means it: without a listener the default action ends the process.
    process.off('SIGTERM', onSignal).off('SIGINT', onSignal);
    close().then(
      () => telemetry.stopped(),
      (error: unknown) => {
        telemetry.defect(error);
        process.exitCode = 1;
      },
    );
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimeout(resolve, ms);
  });
}
