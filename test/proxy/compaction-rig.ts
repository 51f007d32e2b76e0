import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { parseConfig } from '../../src/config/load.ts';
import type { ChatDialect } from '../../src/dialects/conversation/request.ts';
import { isRecord } from '../../src/failures/json-record.ts';
import { type Serving, serve } from '../../src/proxy/serve.ts';
import { type SimulatedRequest, Simulator, type SimulatorOptions } from '../../src/simulator/simulator.ts';
import type { LedgerLine } from '../../src/state/budget-store.ts';
import { type ExchangeRecord, Telemetry } from '../../src/telemetry/telemetry.ts';

export const KEY = 'bw_acme_key_0123456789abcdef';

const PATHS: Readonly<Record<ChatDialect, string>> = {
  chat: '/v1/chat/completions',
  messages: '/v1/messages',
  responses: '/v1/responses',
};

/** What the agent's model was sent, as bytes that a provider's cache would compare. */
export interface Sent {
  readonly tokens: number;
  readonly cached: number;
  readonly firstByteMs: number;
  readonly body: unknown;
}

export interface CompactionRig {
  readonly proxy: Serving;
  /** All of them, the first one included. */
  readonly proxies: readonly Serving[];
  readonly simulator: Simulator;
  /** Calls of the agent's model, in order. */
  readonly sent: readonly Sent[];
  /** Calls of the summarizer, in order. */
  readonly summaries: readonly SimulatedRequest[];
  readonly records: readonly ExchangeRecord[];
  readonly events: readonly Record<string, unknown>[];
  ask(dialect: ChatDialect, request: object, headers?: Record<string, string>, model?: string): Promise<Reply>;
  ledger(): Promise<readonly LedgerLine[]>;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** `x-breakwater-compacted`. */
  readonly compacted: string | null;
}

/** Prices by which the upstream's bill is reckoned: dollars for a million tokens. */
export const PRICES = { input: 2, cached: 0.2, output: 8, summarizer: { input: 0.5, output: 2 } };

export interface CompactionRigOptions {
  /** YAML of `context`, or of more of the agent. Default: 40k tokens. */
  readonly agent?: string;
  /** YAML of further models. */
  readonly models?: string;
  /** YAML beside all that. */
  readonly more?: string;
  /** Behaviour of the agent's model and of the summarizer. */
  readonly model?: string;
  readonly summarizer?: string;
  readonly simulator?: SimulatorOptions;
  /** YAML of the state. Default: memory. */
  readonly state?: string;
  /** Proxies, asked in turn. Default 1. */
  readonly replicas?: number;
  /** YAML of the provider's options. */
  readonly provider?: string;
}

/** A proxy with an agent whose conversations are kept short, and one upstream behind it that has the agent's model and the summarizer. */
export async function compactionRig(t: TestContext, options: CompactionRigOptions = {}): Promise<CompactionRig> {
  const sent: Sent[] = [];
  const summaries: SimulatedRequest[] = [];
  const { model: agentModel = 'sim-prompt-cache', summarizer = 'sim-long-150@small' } = options;
  const simulator = await Simulator.start({
    ...options.simulator,
    onEnded: (request) => {
      if (request.model === summarizer) summaries.push(request);
      else if (request.model === agentModel)
        sent.push({
          tokens: request.usage?.prompt ?? 0,
          cached: request.usage?.cached ?? 0,
          firstByteMs: request.firstByteMs ?? 0,
          body: request.body,
        });
      // Bodies of a long session are many megabytes.
      if (simulator.requests.length > 8) simulator.forget();
    },
  });
  const { input, cached, output } = PRICES;
  const yaml = `
listen: {host: 127.0.0.1, port: 0}
providers: {a: {baseUrl: "${simulator.baseUrl}", apiKey: k, ${options.provider ?? 'speaks: [chat, messages, responses]'}}}
models:
  smart: {targets: [{target: a/${agentModel}, price: {input: $${input}/M, cachedInput: $${cached}/M, output: $${output}/M}}], retries: {max: 0}}
  small: {targets: [{target: "a/${summarizer}", price: {input: $${PRICES.summarizer.input}/M, output: $${PRICES.summarizer.output}/M}}]}
${options.models ?? ''}
state: ${options.state ?? 'memory'}
tenants:
  acme:
    keys: ["${KEY}"]
    agents:
      coder: {${options.agent ?? 'context: {maxInputTokens: 40k, keepTurns: 6, summarizer: small}'}}
${options.more ?? ''}`;
  const records: ExchangeRecord[] = [];
  const events: Record<string, unknown>[] = [];
  const telemetry = new (class extends Telemetry {
    override exchangeDone(record: ExchangeRecord): void {
      super.exchangeDone(record);
      records.push(record);
    }
  })({ level: 'debug', write: (line) => events.push(JSON.parse(line)) });
  const config = parseConfig('rig.yaml', yaml, {});
  const proxy = await serve({ config, telemetry, signals: false });
  const proxies = [proxy];
  while (proxies.length < (options.replicas ?? 1)) proxies.push(await serve({ config, telemetry, signals: false }));
  let asked = 0;
  t.after(async () => {
    await Promise.all(proxies.map((one) => one.close()));
    await simulator.close();
    assert.deepEqual(
      events.filter(({ msg }) => msg === 'defect'),
      [],
    );
  });
  return {
    proxy,
    proxies,
    simulator,
    sent,
    summaries,
    records,
    events,
    ask: async (dialect, request, headers = {}, model = 'smart') => {
      const response = await fetch(`${proxies[asked++ % proxies.length]?.url}${PATHS[dialect]}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${KEY}`,
          'content-type': 'application/json',
          'x-breakwater-agent': 'coder',
          ...headers,
        },
        body: JSON.stringify({ ...request, model }),
      });
      const text = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        text,
        compacted: response.headers.get('x-breakwater-compacted'),
      };
    },
    ledger: async () => (await proxy.runtime.tenancy?.budgets.ledger('acme', { limit: 1000 })) ?? [],
  };
}

/** The messages or items of a request. */
export function itemsOf(body: unknown): readonly Record<string, unknown>[] {
  if (!isRecord(body)) return [];
  const items = body.messages ?? body.input;
  return Array.isArray(items) ? items.filter(isRecord) : [];
}
