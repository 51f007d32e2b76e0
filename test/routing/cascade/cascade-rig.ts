import type { TestContext } from 'node:test';
import { ALL_ENDPOINTS, type AskOptions, type CacheRig, type CacheRigOptions, cacheRig } from '../../cache/rig.ts';

/** An input token costs a millionth of a dollar at the strong model and a tenth of that at the cheap one; output ten times as much. */
export const DEAR = 'price: {input: "$1/M", output: "$10/M"}';
export const CHEAP = 'price: {input: "$0.1/M", output: "$1/M"}';

export interface CascadeRigOptions extends Partial<CacheRigOptions> {
  /** The cheap model's target at `a`, as the simulator names behaviours. */
  readonly cheap: string;
  /** The strong model's, at `b`. Default: a good one. */
  readonly strong?: string;
  /** YAML within the models. */
  readonly cheapMore?: string;
  readonly strongMore?: string;
  /** YAML within the policy. */
  readonly policyMore?: string;
  /** All of it, where there are several. */
  readonly policies?: string;
}

/** What a request came to. */
export interface CascadeTold {
  readonly status: number;
  readonly route: string | null;
  /** Of it, what the cascade did. */
  readonly cascade: string | undefined;
  readonly breakwater: string | null;
  readonly target: string | null;
  readonly cost: string | null;
  readonly attempts: string | null;
  readonly cache: string | null;
  readonly text: string;
}

export interface CascadeRig extends CacheRig {
  tell(body: object, more?: AskOptions): Promise<CascadeTold>;
  /** Model calls of the cheap provider and the strong one. */
  readonly asked: readonly [cheap: number, strong: number];
}

/** A proxy with a cheap model and a strong one; what is asked of `auto` is routed by a cascade. */
export async function cascadeRig(t: TestContext, options: CascadeRigOptions): Promise<CascadeRig> {
  const {
    cheap,
    strong = 'sim-usage-100-10',
    cheapMore = '',
    strongMore = '',
    policyMore = '',
    policies = policyYaml(policyMore),
    more = '',
    ...rest
  } = options;
  const base = await cacheRig(t, {
    cache: '{exact: off}',
    upstreams: [{}, {}],
    speaks: `${ALL_ENDPOINTS}, streamUsage: true`,
    models: `
  small: {targets: [{target: a/${cheap}, ${CHEAP}}]${cheapMore}}
  large: {targets: [{target: b/${strong}, ${DEAR}}]${strongMore}}
  auto: {route: by-task}
`,
    ...rest,
    more: `${more}\n${policies}`,
  });
  return {
    ...base,
    get calls() {
      return base.calls;
    },
    async tell(body, { path = '/v1/chat/completions', headers = {}, signal } = {}) {
      const response = await fetch(base.proxy.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
        ...(signal === undefined ? {} : { signal }),
      });
      const header = (name: string) => response.headers.get(`x-breakwater-${name}`);
      return {
        status: response.status,
        route: header('route'),
        cascade: /cascade=([\w:-]+)/.exec(header('route') ?? '')?.[1],
        breakwater: header('status'),
        target: header('target'),
        cost: header('cost-usd'),
        attempts: header('attempts'),
        cache: header('cache'),
        text: await response.text(),
      };
    },
    get asked() {
      const [cheapCalls = 0, strongCalls = 0] = base.upstreams.map((up) => up.requestCount);
      return [cheapCalls, strongCalls] as const;
    },
  };
}

/** A policy that sends everything to the cheap tier, and lets the strong one mend it. */
export function policyYaml(more = '', name = 'by-task', small = 'small', large = 'large'): string {
  return `routing: {policies: {${name}: {rules: [], tiers: {low: ${small}, high: ${large}}, default: low, cascade: on${more}}}}`;
}

/** What breakwater says of the attempts in an error's body. */
export function attemptsIn(text: string): readonly { target: string; outcome: string; code?: string }[] {
  return JSON.parse(text).breakwater?.attempts ?? JSON.parse(text).error?.breakwater?.attempts ?? [];
}
