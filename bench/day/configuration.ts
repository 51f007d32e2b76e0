import { PRICES } from './upstream/models.ts';

/** What an operator has written into the proxy's file. An arm differs from another in nothing else. */
export interface Arm {
  readonly name: string;
  /** YAML of `cache:`, all of it; undefined: there is none. */
  readonly cache?: string;
  /** YAML of the `cache` of each model that answers. */
  readonly routeCache?: string;
  /** YAML of the policy that chooses the model; undefined: it is always the strong one. */
  readonly policy?: string;
  /** YAML of the coding agent's `context`. */
  readonly context?: string;
  /** Agents whose prompts were shortened and rid of unused tools, as the audit suggests: outside the proxy, by their owners. */
  readonly audited?: ReadonlySet<string>;
}

/** What agents ask for, in every arm. */
export const MODEL = 'assistant';

export const keyOf = (tenant: string) => `key-of-the-tenant-${tenant}`;

/** @param directory where the proxy keeps its state: the ledger of a day is longer than what it keeps in memory */
export function configurationOf(arm: Arm, tenants: readonly string[], baseUrl: string, directory: string): string {
  const prices = Object.entries(PRICES).map(
    ([name, { input, cached, output }]) =>
      `${name}: {input: "${perMillion(input)}", cachedInput: "${perMillion(cached)}", output: "${perMillion(output)}"}`,
  );
  const agents = arm.context === undefined ? '' : `, agents: {coder: {context: ${arm.context}}}`;
  return [
    'listen: {host: 127.0.0.1, port: 0}',
    `state: {dir: ${JSON.stringify(directory)}}`,
    'telemetry: {log: error}',
    'providers:',
    `  up: {baseUrl: "${baseUrl}", apiKey: k, speaks: [chat, embeddings], streamUsage: true, prices: {${prices.join(', ')}}}`,
    ...modelsOf(arm),
    ...(arm.cache === undefined ? [] : [`cache: ${arm.cache}`]),
    'tenants:',
    ...tenants.map((tenant) => `  ${tenant}: {keys: [${keyOf(tenant)}], budget: {limit: $10000, per: day}${agents}}`),
  ].join('\n');
}

function modelsOf({ policy, routeCache }: Arm): string[] {
  const cache = routeCache === undefined ? '' : `, cache: ${routeCache}`;
  if (policy === undefined) return ['models:', `  ${MODEL}: {targets: [up/strong]${cache}}`];
  return [
    'models:',
    ...['small', 'mid', 'strong'].map((name) => `  ${name}: {targets: [up/${name}]${cache}}`),
    `  ${MODEL}: {route: by-task}`,
    `routing: {policies: {by-task: ${policy}}}`,
  ];
}

/** Nano-dollars a token are thousandths of a dollar a million tokens. */
function perMillion(nanos: number): string {
  return `$${nanos / 1_000}`;
}
