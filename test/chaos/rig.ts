import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import OpenAI from 'openai';
import type { Random } from '../../src/clock.ts';
import { parseConfig } from '../../src/config/load.ts';
import { type Serving, serve } from '../../src/proxy/serve.ts';
import { Simulator, type SimulatorOptions } from '../../src/simulator/simulator.ts';
import { type ExchangeRecord, Telemetry } from '../../src/telemetry/telemetry.ts';
import { seeded } from '../breakers/seeded.ts';
import { FastClock } from './fast-clock.ts';
import { pause } from './until.ts';

/** How much faster than real time the chaos tests run. */
const SPEED = 20;

export interface RigOptions {
  /** One simulator for each, named `a`, `b`, `c`... and configured as the provider of that name. Default: one. */
  readonly upstreams?: readonly SimulatorOptions[];
  /** YAML of everything but the providers. `up(a)` in it becomes the simulator's base URL. */
  readonly config: string;
  /** YAML of the providers; default: each upstream with one key. */
  readonly providers?: string;
  readonly speed?: number;
  readonly seed?: number;
  /** The rig's clock goes on while the process is kept waiting: for what shares times with others, as commands beside it do. */
  readonly machineTime?: boolean;
  /** The proxy asks models for purposes of its own too, which no exchange accounts for. */
  readonly asides?: boolean;
}

/** A proxy with simulators behind it and everything it tells, closed and checked at the end of the test. */
export interface Rig {
  readonly proxy: Serving;
  readonly upstreams: readonly Simulator[];
  readonly clock: FastClock;
  /** Every settled exchange, in order. */
  readonly records: readonly ExchangeRecord[];
  /** Everything else that was logged. */
  readonly events: readonly Record<string, unknown>[];
  /** The official client. It never retries by itself here: each call is one request. */
  readonly openai: OpenAI;
}

/** Telemetry that keeps what it is told. */
class KeptTelemetry extends Telemetry {
  readonly records: ExchangeRecord[] = [];

  override exchangeDone(record: ExchangeRecord): void {
    super.exchangeDone(record);
    this.records.push({ ...record, attempts: [...record.attempts] });
  }
}

/** Starts it, and after the test closes it and checks what must hold after every case. */
export async function rig(t: TestContext, options: RigOptions): Promise<Rig> {
  const clock = new FastClock(
    options.speed ?? SPEED,
    options.machineTime === true ? Number.POSITIVE_INFINITY : undefined,
  );
  const random: Random = seeded(options.seed ?? 1);
  const upstreams = await Promise.all((options.upstreams ?? [{}]).map((one) => Simulator.start({ clock, ...one })));
  const names = 'abcdefgh';
  const providers =
    options.providers ??
    `providers:\n${upstreams.map((up, i) => `  ${names[i]}: {baseUrl: "${up.baseUrl}", apiKey: key-${names[i]}}`).join('\n')}`;
  const text = `listen: {host: 127.0.0.1, port: 0}\n${providers}\n${patience(options)}${options.config}`.replaceAll(
    /up\((\w)\)/g,
    (_, name: string) => upstreams[names.indexOf(name)]?.baseUrl ?? 'http://127.0.0.1:1/v1',
  );
  const events: Record<string, unknown>[] = [];
  const telemetry = new KeptTelemetry({ level: 'debug', write: (line) => events.push(JSON.parse(line)) });
  const config = parseConfig('rig.yaml', text, {});
  const proxy = await serve({ config, clock, random, telemetry, signals: false });
  const openai = new OpenAI({ baseURL: `${proxy.url}/v1`, apiKey: 'client', maxRetries: 0 });

  t.after(async () => {
    const stillHeld = await afterEveryCase(proxy, upstreams);
    await proxy.close();
    await Promise.all(upstreams.map((up) => up.close()));
    // A command to Redis that was under way is answered when its connection has closed, which takes a moment, too.
    for (let look = 0; look < 500 && clock.pending.size > 0; look++) await pause(10);
    clock.stop();
    // Behind all that is closed: where a check fails nothing is run any more, and what is open then would keep the process for good.
    t.after(() => check(stillHeld));
  });

  function check(stillHeld: readonly string[]): void {
    assert.deepEqual(stillHeld, [], 'after the case nothing may still be held');
    const calls = upstreams.reduce((sum, up) => sum + up.requests.filter(({ method }) => method === 'POST').length, 0);
    const tries = telemetry.records.reduce((sum, record) => sum + record.tries, 0);
    if (options.asides !== true) assert.ok(calls <= tries, `${calls} calls were made, but only ${tries} accounted for`);
    assert.equal(clock.pending.size, 0, 'no timer may be left behind');
    assert.deepEqual(
      events.filter((event) => event.msg === 'defect'),
      [],
      'no defect may be logged',
    );
  }
  return { proxy, upstreams, clock, records: telemetry.records, events, openai };
}

/** Limits that a test names none for, so long that a machine which others use, too, does not look like a slow provider. */
const PATIENCE = { connect: '60s', firstToken: '2m', stall: '2m', embeddings: '60s' };

/** At twenty times its speed the default of 3 s for a connection is 150 ms, and that of 30 s for a token 1.5 s. */
function patience({ config, speed = SPEED }: RigOptions): string {
  if (speed === 1 || /\b(?:defaults|total):/.test(config)) return '';
  const unnamed = Object.entries(PATIENCE).filter(([name]) => !config.includes(`${name}:`));
  return `defaults: {timeouts: {${unnamed.map(([name, limit]) => `${name}: ${limit}`).join(', ')}}}\n`;
}

/** The invariants: no exchange, slot or probe held, no request open upstream. */
async function afterEveryCase(proxy: Serving, upstreams: readonly Simulator[]): Promise<string[]> {
  const held = () => [
    ...(proxy.runtime.inFlight > 0 ? [`${proxy.runtime.inFlight} requests in flight`] : []),
    ...(proxy.runtime.bodyBytes > 0 ? [`${proxy.runtime.bodyBytes} body bytes`] : []),
    ...proxy.runtime.exchanges.list().map((exchange) => `exchange ${exchange.id}`),
    ...proxy.runtime.gates.circuits
      .snapshots()
      .filter((one) => one.probing)
      .map((one) => `probe of ${one.name}`),
    ...upstreams.filter((up) => up.openRequests > 0).map((up) => `${up.openRequests} requests open at ${up.url}`),
  ];
  // Closing travels over real sockets, and takes as long as a busy machine makes it take.
  for (let look = 0; look < 1_000 && held().length > 0; look++) await pause(10);
  return held();
}

/** One message, for calls whose content does not matter. */
export const HELLO: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'hello' }];

/** The text of a stream, read to its end. */
export async function textOf(stream: AsyncIterable<OpenAI.ChatCompletionChunk>): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  return text;
}
