import type { TestContext } from 'node:test';
import type { PairReport } from '../../src/routing/evidence/report.ts';
import { type EmbeddingServer, embeddingServer } from '../cache/semantic/embedding-server.ts';
import { CLIENTS, type DialectName, postTo } from '../chaos/dialect-clients.ts';
import { type Rig, rig } from '../chaos/rig.ts';

export const KEY = 'acme-key-of-twenty-chars';
export const OTHER_KEY = 'beta-key-of-twenty-chars';
export const ADMIN = 'admin-key-of-twenty-characters';
export const TENANTS = `tenants:
  acme: {keys: [${KEY}], budget: {limit: $1000, per: day}}
  beta: {keys: [${OTHER_KEY}], budget: {limit: $1000, per: day}}
admin: {keys: [${ADMIN}]}
`;

export interface EvidenceRigOptions {
  /** What the upstream does when it is asked for the models. */
  readonly cheap?: string;
  readonly strong?: string;
  /** YAML of `evidence:`, without its braces. */
  readonly evidence?: string;
  readonly more?: string;
  readonly state?: string;
  /** Of the cheap model, YAML; empty: it has none. */
  readonly price?: string;
  readonly speed?: number;
}

export interface EvidenceRig extends Rig {
  readonly judge: EmbeddingServer;
  /** One request for `auto`, and whatever is learned from it. */
  ask(options?: AskOptions): Promise<Told>;
  /** Resolves when nothing is learned any more. */
  learned(): Promise<void>;
  reports(): readonly PairReport[];
  /** Calls that reached the upstream, by model. */
  calls(model: string): number;
}

export interface AskOptions {
  readonly client?: DialectName;
  readonly stream?: boolean;
  readonly headers?: Record<string, string>;
  readonly body?: object;
  /** Do not wait for what is learned. */
  readonly leave?: boolean;
}

export interface Told {
  readonly status: number;
  readonly model: string;
  readonly state: string | undefined;
  readonly text: string;
}

const SAID: Readonly<Record<DialectName, object>> = {
  chat: { messages: [{ role: 'user', content: 'hello there' }] },
  messages: { max_tokens: 500, messages: [{ role: 'user', content: 'hello there' }] },
  responses: { input: [{ role: 'user', content: 'hello there' }] },
};

/** Every request is compared, which in the long run costs more than it saves. */
export const EACH = 'delta: 20pt, shadow: 100%, canary: 50%';
export const CHEAP = 'sim-usage-1000-10@cheap';
export const STRONG = 'sim-usage-1000-10@strong';

/** A proxy whose model `auto` is `cheap` where evidence allows and `smart` where not, with a simulator behind it and a judge of our own. */
export async function evidenceRig(t: TestContext, options: EvidenceRigOptions = {}): Promise<EvidenceRig> {
  const { cheap = CHEAP, strong = STRONG, more = '', state = 'memory' } = options;
  const { price = '{input: "$1/M", output: "$2/M"}' } = options;
  const { evidence = 'delta: 20pt, shadow: 50%, canary: 50%' } = options;
  const judge = await embeddingServer(t);
  const base = await rig(t, {
    upstreams: [{}],
    asides: true,
    ...(options.speed === undefined ? {} : { speed: options.speed }),
    providers: `providers:
  a: {baseUrl: up(a), apiKey: key-a, streamUsage: true}
  j: {baseUrl: "${judge.baseUrl}", apiKey: k, prices: {"*": {input: $1, output: $0}}}\n`,
    config: `state: ${state}
models:
  cheap: {targets: [{target: "a/${cheap}"${price === '' ? '' : `, price: ${price}`}}], retries: {max: 0}}
  smart: {targets: [{target: "a/${strong}", price: {input: "$10/M", output: "$20/M"}}], retries: {max: 0}}
  auto: {route: p}
routing:
  policies:
    p: {tiers: {small: cheap, large: smart}, default: small, pin: off, bumpAt: 1, evidence: {${evidence}}}
${more}`,
  });
  const learned = async () => {
    const { shadows } = base.proxy.runtime;
    await shadows?.idle();
    await shadows?.evidence.settled();
  };
  return {
    ...base,
    judge,
    learned,
    async ask({ client = 'chat', stream = false, headers = {}, body = {}, leave = false } = {}) {
      const sent = { model: 'auto', ...SAID[client], ...(stream ? { stream } : {}), ...body };
      const response = await postTo(base, CLIENTS[client].path, sent, headers);
      const text = await response.text();
      if (!leave) {
        // The answer has gone out before its exchange is settled.
        while (base.proxy.runtime.exchanges.size > 0) await new Promise((resolve) => setImmediate(resolve));
        await learned();
      }
      const route = response.headers.get('x-breakwater-route') ?? '';
      const field = (name: string) => new RegExp(`(?:^|;)${name}=([^;]*)`).exec(route)?.[1];
      return { status: response.status, model: field('model') ?? '', state: field('state'), text };
    },
    reports: () => base.proxy.runtime.shadows?.evidence.report() ?? [],
    calls: (model) =>
      base.upstreams.reduce((sum, up) => sum + up.requests.filter((one) => one.model === model).length, 0),
  };
}
