import type { TestContext } from 'node:test';
import type { SimulatorOptions } from '../../src/simulator/simulator.ts';
import { type Rig, rig } from '../chaos/rig.ts';
import { stateDir } from '../state/state-dir.ts';

export const ALL_ENDPOINTS = 'speaks: [chat, completions, embeddings, messages, responses, count-tokens]';

export interface CacheRigOptions {
  /** YAML behind `cache:`; default `{exact: on}`. */
  readonly cache?: string;
  /** YAML behind `models:`. */
  readonly models: string;
  /** More YAML, each at the top. */
  readonly more?: string;
  readonly upstreams?: readonly SimulatorOptions[];
  /** What the providers speak; default: everything. */
  readonly speaks?: string;
  /** YAML of the providers, where they are not the simulators. */
  readonly providers?: string;
  /** Default: in memory. */
  readonly state?: string;
}

/** What a request came to. */
export interface Told {
  readonly status: number;
  readonly cache: string | null;
  readonly idempotent: string | null;
  readonly breakwater: string | null;
  readonly target: string | null;
  readonly type: string | null;
  readonly text: string;
}

export interface CacheRig extends Rig {
  ask(body: object, more?: AskOptions): Promise<Told>;
  /** Model requests that reached upstreams. */
  readonly calls: number;
}

export interface AskOptions {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export const QUESTION = [{ role: 'user', content: 'what is the capital of France?' }];

/** A proxy with a cache, and simulators behind it. */
export async function cacheRig(t: TestContext, options: CacheRigOptions): Promise<CacheRig> {
  const {
    cache = '{exact: on}',
    models,
    more = '',
    upstreams = [{}],
    state = 'memory',
    speaks = ALL_ENDPOINTS,
  } = options;
  const base = await rig(t, {
    upstreams,
    config: `state: ${state}\ncache: ${cache}\nmodels: ${models}\n${more}`,
    providers:
      options.providers ??
      `providers:\n${upstreams.map((_, at) => `  ${'abcd'[at]}: {baseUrl: "up(${'abcd'[at]})", apiKey: k, ${speaks}}`).join('\n')}`,
  });
  return {
    ...base,
    get calls() {
      return base.upstreams.reduce((sum, up) => sum + up.requests.filter(({ method }) => method === 'POST').length, 0);
    },
    ask: (body, more) => askProxy(base.proxy.url, body, more),
  };
}

/** Posts a body, and tells what came of it. */
export async function askProxy(
  url: string,
  body: object,
  { path = '/v1/chat/completions', headers = {}, signal }: AskOptions = {},
): Promise<Told> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
  const header = (name: string) => response.headers.get(name);
  return {
    status: response.status,
    cache: header('x-breakwater-cache'),
    idempotent: header('x-breakwater-idempotent'),
    breakwater: header('x-breakwater-status'),
    target: header('x-breakwater-target'),
    type: header('content-type'),
    text: await response.text(),
  };
}

/** `state` in a directory of its own. */
export const ownDirectory = () => `{dir: ${JSON.stringify(stateDir())}}`;
