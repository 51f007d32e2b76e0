import { type Context, createContext, Script } from 'node:vm';
import { isRecord } from './json-record.ts';

const sandbox: Context = createContext({ run: undefined });
const script = new Script('run()');

/** A computation that was ended for taking too long. */
export class RanTooLong extends Error {
  /** Milliseconds that it computed. On a machine that has too much to do the rest went to others. */
  readonly cpuMs: number;

  constructor(ms: number, cpuMs: number) {
    super(`ended after ${ms} ms`);
    this.name = 'RanTooLong';
    this.cpuMs = cpuMs;
  }
}

/**
 * Runs a synchronous function under a time limit, ending it in the middle if need be: a regular expression or a recursive schema that
 * came from outside must not hold the event loop. Costs about 0.3 ms a call. Not reentrant.
 *
 * @param ms wall-clock milliseconds
 * @throws {RanTooLong}
 */
export function runBounded<Result>(run: () => Result, ms: number): Result {
  sandbox.run = run;
  const before = process.threadCpuUsage?.();
  try {
    return script.runInContext(sandbox, { timeout: ms }) as Result;
  } catch (error) {
    // An error of the other realm: no instance of this one's Error.
    if (isRecord(error) && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT')
      throw new RanTooLong(ms, cpuSince(before) ?? ms);
    throw error;
  } finally {
    sandbox.run = undefined;
  }
}

/** Milliseconds; undefined: this Node cannot tell. */
function cpuSince(before: NodeJS.CpuUsage | undefined): number | undefined {
  if (before === undefined) return undefined;
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}
