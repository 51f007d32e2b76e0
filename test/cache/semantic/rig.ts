import type { TestContext } from 'node:test';
import type { Simulator } from '../../../src/simulator/simulator.ts';
import { rig as proxyRig, type Rig } from '../../chaos/rig.ts';
import { ALL_ENDPOINTS, type AskOptions, askProxy, type Told } from '../rig.ts';
import { type EmbeddingServer, embeddingServer } from './embedding-server.ts';

export interface SemanticRigOptions {
  /** YAML behind `semantic:` of the route `m`. */
  readonly semantic?: string;
  /** YAML behind `models:`, in place of the route `m`. */
  readonly models?: string;
  /** YAML of what more stands in `cache:`. */
  readonly cache?: string;
  readonly more?: string;
  readonly state?: string;
  /** What the embedder may take, in YAML. Default: long, as the machine may be slow. */
  readonly timeout?: string;
  /** YAML behind `embedder:`, in place of the one of our own. */
  readonly vectors?: string;
  /** What several proxies have in common: the same route, wherever it is asked. Default: a simulator and an embedder of its own. */
  readonly shared?: { readonly upstream: Simulator; readonly embedder: EmbeddingServer };
}

export interface SemanticRig extends Rig {
  readonly embedder: EmbeddingServer;
  /** Requests that reached the model. */
  readonly calls: number;
  ask(question: string | object, more?: AskOptions): Promise<Told>;
  /** Lines of `/metrics` that begin so. */
  metrics(beginning: string): Promise<string[]>;
}

export const LIVE = '{mode: live, threshold: 0.75}';

/** A proxy whose route `m` has a semantic cache, a simulator behind it, and an embedder of our own. */
export async function semanticRig(t: TestContext, options: SemanticRigOptions = {}): Promise<SemanticRig> {
  const { semantic = LIVE, cache = 'exact: on', more = '', state = 'memory', timeout = '60s' } = options;
  const { vectors = `{target: e/vectors, timeout: ${timeout}}` } = options;
  const { models = `{m: {targets: [a/gpt], retries: {max: 0}, cache: {semantic: ${semantic}}}}`, shared } = options;
  const embedder = shared?.embedder ?? (await embeddingServer(t));
  const base = await proxyRig(t, {
    upstreams: shared === undefined ? [{}] : [],
    config: `state: ${state}\ncache: {${cache}, embedder: ${vectors}}\nmodels: ${models}\n${more}`,
    providers: `providers:
  a: {baseUrl: "${shared?.upstream.baseUrl ?? 'up(a)'}", apiKey: k, ${ALL_ENDPOINTS}, prices: {"*": {input: $3, output: $15}}}
  e: {baseUrl: "${embedder.baseUrl}", apiKey: k, speaks: [embeddings, chat], prices: {"*": {input: $1, output: $0}}}\n`,
  });
  return {
    ...base,
    embedder,
    get calls() {
      const upstreams = shared === undefined ? base.upstreams : [shared.upstream];
      return upstreams.reduce((sum, up) => sum + up.requests.filter(({ method }) => method === 'POST').length, 0);
    },
    ask: (question, more) => askProxy(base.proxy.url, typeof question === 'string' ? chat(question) : question, more),
    async metrics(beginning) {
      const text = await base.proxy.runtime.telemetry.metrics.text();
      return text.split('\n').filter((line) => line.startsWith(beginning));
    },
  };
}

export const chat = (content: string, more: object = {}): object => ({
  model: 'm',
  messages: [{ role: 'user', content }],
  ...more,
});

/** Questions in two forms each, 0.9 from one another, and far from all others. */
export const topic = (form: string, at: number) =>
  `${form} I add a ${NOUNS[at % 10]} to the ${NOUNS[(Math.floor(at / 10) + at) % 10]} of a shared ${PLACES[Math.floor(at / 10) % 10]}?`;
const NOUNS = ['widget', 'label', 'chart', 'filter', 'comment', 'table', 'picture', 'footer', 'timer', 'badge'];
const PLACES = ['board', 'folder', 'report', 'calendar', 'project', 'channel', 'library', 'notebook', 'wiki', 'form'];
