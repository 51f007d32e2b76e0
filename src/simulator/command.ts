import { parseArgs } from 'node:util';
import { parseDuration } from '../config/units.ts';
import { DEFAULT_FAULT_KINDS } from './faults.ts';
import type { SimulatedRequest } from './request-log.ts';
import { Simulator, type SimulatorOptions } from './simulator.ts';

const DEFAULT_PORT = 4010;

const USAGE = `breakwater sim: an upstream that does what the model's name says (docs/simulator.md)

  --port N               listen on this port (${DEFAULT_PORT}; 0 takes a free one)
  --host ADDRESS         listen on this address (127.0.0.1)
  --faults SHARE         share of requests that meet a random fault, 0 to 1 (0)
  --fault-kinds A,B      which faults (${DEFAULT_FAULT_KINDS.join(',')})
  --seed N               decides the random faults (1)
  --first-token TIME     wait before the first token, such as 200ms (0s)
  --tokens-per-second N  pace of the tokens (unlimited)
  --tokens N             length of an answer (32)
  --log                  print a line for each request
`;

/** Where the command writes, and what ends it. */
export interface CommandIo {
  out(text: string): void;
  err(text: string): void;
  /** Resolves when the command shall end. */
  readonly stopped: () => Promise<unknown>;
}

const processIo: CommandIo = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  stopped: () =>
    new Promise((resolve) => {
      process.once('SIGINT', resolve);
      process.once('SIGTERM', resolve);
    }),
};

/** `breakwater sim`: runs until SIGINT or SIGTERM. Resolves to the exit code: 2 for wrong arguments, 1 where it cannot listen. */
export async function simulatorCommand(args: string[], io: CommandIo = processIo): Promise<number> {
  let simulator: Simulator;
  try {
    const options = readOptions(args, io);
    if (options === undefined) {
      io.out(USAGE);
      return 0;
    }
    simulator = new Simulator(options);
  } catch (error) {
    io.err(`breakwater sim: ${messageOf(error)}\n`);
    return 2;
  }
  try {
    await simulator.listen();
  } catch (error) {
    io.err(`breakwater sim: ${messageOf(error)}\n`);
    return 1;
  }
  io.out(greeting(simulator));
  await io.stopped();
  await simulator.close();
  return 0;
}

/** @throws {Error} with a message for the operator; undefined where help is asked for */
function readOptions(args: string[], io: CommandIo): SimulatorOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string' },
      host: { type: 'string' },
      faults: { type: 'string' },
      'fault-kinds': { type: 'string' },
      seed: { type: 'string' },
      'first-token': { type: 'string' },
      'tokens-per-second': { type: 'string' },
      tokens: { type: 'string' },
      log: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) return undefined;
  const kinds = values['fault-kinds'];
  return {
    port: readNumber('port', values.port, DEFAULT_PORT, 0, 65535),
    faults: readNumber('faults', values.faults, 0, 0, 1),
    seed: readNumber('seed', values.seed, 1, 0, 2 ** 32 - 1),
    tokens: readNumber('tokens', values.tokens, 32, 1, 10_000_000),
    tokensPerSecond: readNumber('tokens-per-second', values['tokens-per-second'], Number.POSITIVE_INFINITY, 0.001, 1e6),
    firstTokenMs: readTime('first-token', values['first-token']),
    ...(values.host === undefined ? {} : { host: values.host }),
    ...(kinds === undefined ? {} : { faultKinds: kinds.split(',').map((kind) => kind.trim()) }),
    ...(values.log === true ? { onEnded: (request: SimulatedRequest) => io.out(logLine(request)) } : {}),
  };
}

function readNumber(name: string, text: string | undefined, otherwise: number, least: number, most: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (text.trim() === '' || !(value >= least && value <= most)) {
    throw new RangeError(`--${name} must be a number from ${least} to ${most}, not "${text}"`);
  }
  return value;
}

function readTime(name: string, text: string | undefined): number {
  if (text === undefined) return 0;
  const parsed = parseDuration(text);
  if (!parsed.ok) throw new RangeError(`--${name} "${text}": ${parsed.reason}`);
  return parsed.value;
}

function greeting(simulator: Simulator): string {
  return `The simulator listens on ${simulator.url}. A model's name says what happens (docs/simulator.md). Try:

  curl ${simulator.baseUrl}/chat/completions -H 'content-type: application/json' \\
    -d '{"model": "sim-cut-at-8", "stream": true, "messages": [{"role": "user", "content": "hello"}]}'

`;
}

function logLine(request: SimulatedRequest): string {
  const { id, method, path, model, behaviour, status, firstByteMs, finishedMs, closed, tokensSent } = request;
  const what = model === '' ? `${method} ${path}` : `${model} ${behaviour}`;
  const times = `first ${firstByteMs?.toFixed(1) ?? '-'} ms, end ${finishedMs?.toFixed(1) ?? '-'} ms`;
  return `${id} ${what} ${status ?? '-'} ${closed} ${times}, ${tokensSent} tokens\n`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
