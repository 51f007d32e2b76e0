import { parseConfig } from '../../src/config/load.ts';
import { serve } from '../../src/proxy/serve.ts';
import { type SimulatedRequest, Simulator } from '../../src/simulator/simulator.ts';
import { Telemetry } from '../../src/telemetry/telemetry.ts';
import { requestAfter, session } from '../../test/context/compaction/growing.ts';
import { ANSWER_TOKENS, type ContextOptions, PRICES, SUMMARY_TOKENS } from './options.ts';

const KEY = 'bw_bench_key_0123456789abcdef';

/** One request of the session. */
export interface TurnFigure {
  /** Input tokens, as the upstream counted them. */
  readonly tokens: number;
  /** By the upstream's bill, nano-dollars, without summaries. */
  readonly cost: number;
  /** Milliseconds from the client's request to the first token it got. */
  readonly firstTokenMs: number;
  /** Of it, the proxy's own: reading, counting, cutting. */
  readonly overheadMs: number;
}

export interface SessionFigures {
  readonly turns: readonly TurnFigure[];
  readonly cuts: number;
  readonly summaries: number;
  /** By the upstream's bill, nano-dollars. */
  readonly summaryCost: number;
  /** What the tenant was charged, nano-dollars. */
  readonly charged: number;
  /** Tokens of the whole past in the last request. */
  readonly pastTokens: number;
}

/** A session through a proxy, on real sockets and the real clock: each request when the answer to the one before is complete. */
export async function runSession(options: ContextOptions, compacts: boolean): Promise<SessionFigures> {
  const seen: SimulatedRequest[] = [];
  const simulator = await Simulator.start({
    onEnded: (request) => {
      seen.push(request);
      simulator.forget();
    },
  });
  const model = `sim-prompt-cache-prefill-${options.prefillMs}ms-x${ANSWER_TOKENS}`;
  const small = `sim-prefill-${options.prefillMs / 4}ms-x${SUMMARY_TOKENS}`;
  const text = yaml(simulator.baseUrl, model, small, compacts ? options.cap : undefined);
  const config = parseConfig('bench.yaml', text, {});
  const proxy = await serve({
    config,
    telemetry: new Telemetry({ level: 'error', write: () => undefined }),
    signals: false,
  });
  try {
    const all = session(options.turns, options.words, options.seed);
    const turns: TurnFigure[] = [];
    let [cuts, last]: [number, string | undefined] = [0, undefined];
    for (let turn = 1; turn <= options.turns; turn++) {
      const body = JSON.stringify({ ...requestAfter('chat', all, turn), model: 'smart', stream: true });
      const began = performance.now();
      const response = await fetch(`${proxy.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${KEY}`, 'x-breakwater-agent': 'coder', 'content-type': 'application/json' },
        body,
      });
      // The proxy gives nothing out before the first token.
      const firstTokenMs = performance.now() - began;
      const text = await response.text();
      if (response.status !== 200 || !text.includes('[DONE]')) throw new Error(`turn ${turn}: ${text.slice(0, 500)}`);
      const cut = /^turns=(\d+)/.exec(response.headers.get('x-breakwater-compacted') ?? '')?.[1];
      if (cut !== last) cuts++;
      last = cut;
      const request = seen.findLast((one) => one.model === model);
      if (request?.usage === undefined) throw new Error(`turn ${turn}: the upstream tells no usage`);
      const { prompt, cached = 0, completion } = request.usage;
      turns.push({
        tokens: prompt,
        cost: 1000 * ((prompt - cached) * PRICES.input + cached * PRICES.cached + completion * PRICES.output),
        firstTokenMs,
        overheadMs: Number(response.headers.get('x-breakwater-overhead-ms')),
      });
    }
    await proxy.runtime.compactor?.summaries.idle();
    const summaries = seen.filter((one) => one.model === small && one.usage !== undefined);
    const ledger = (await proxy.runtime.tenancy?.budgets.ledger('bench', { limit: 1000 })) ?? [];
    return {
      turns,
      cuts,
      summaries: summaries.length,
      summaryCost: summaries.reduce(
        (sum, { usage }) =>
          sum +
          1000 * ((usage?.prompt ?? 0) * PRICES.summarizer.input + (usage?.completion ?? 0) * PRICES.summarizer.output),
        0,
      ),
      charged: ledger.reduce((sum, { cost }) => sum + cost, 0),
      pastTokens: Math.ceil(JSON.stringify(requestAfter('chat', all, options.turns)).length / 4),
    };
  } finally {
    await proxy.close();
    await simulator.close();
  }
}

function yaml(baseUrl: string, model: string, small: string, cap: number | undefined): string {
  const { input, cached, output, summarizer } = PRICES;
  const context = cap === undefined ? '' : `context: {maxInputTokens: ${cap}, keepTurns: 6, summarizer: small}`;
  return `
listen: {host: 127.0.0.1, port: 0}
providers: {up: {baseUrl: "${baseUrl}", apiKey: key, streamUsage: true}}
models:
  smart: {targets: [{target: up/${model}, price: {input: $${input}/M, cachedInput: $${cached}/M, output: $${output}/M}}]}
  small: {targets: [{target: up/${small}, price: {input: $${summarizer.input}/M, output: $${summarizer.output}/M}}]}
state: memory
tenants: {bench: {keys: ["${KEY}"], agents: {coder: {${context}}}}}
`;
}
