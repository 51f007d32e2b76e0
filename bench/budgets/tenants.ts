import { chatBody } from '../load/payloads.ts';
import { chatRequest } from '../load/request.ts';

export const ADMIN_KEY = 'bench-admin-key-0123456789abcdef0123456789abcdef';

/** What the upstream says each call used, at $2 a million: 143 tokens. */
const OUTPUT_TOKENS = 143;
const OUTPUT_PRICE = '$2';
/** Nano-dollars that one call of the bench costs. Its input is free, so that a hold for 143 tokens is exactly what is spent. */
export const CALL_COST = OUTPUT_TOKENS * 2_000;

/** The scopes that each tenant of the cost figures has: money in all four, and a rate wherever a rate can be written. */
export const SCOPES = ['tenant', 'agent', 'user', 'session'] as const;

/** Where the proxies under test keep their books; YAML of `state`. */
export type Books =
  | { readonly kind: 'sqlite'; readonly folder: string }
  /** `purpose` keeps the keys of one measurement apart from another's. */
  | { readonly kind: 'redis'; readonly url: string; readonly purpose: string };

/** YAML for provider and model: one target of a known price. */
export function modelLines(upstreamPort: number): string[] {
  return [
    'providers:',
    `  up: {baseUrl: "http://127.0.0.1:${upstreamPort}/v1", apiKey: bench, streamUsage: true}`,
    'models:',
    `  bench: {targets: [{target: up/bench, price: {input: "$0", output: "${OUTPUT_PRICE}"}}]}`,
  ];
}

/** YAML for the store and the admin's key. */
export function bookLines(books: Books, replicas = 1): string[] {
  const state =
    books.kind === 'sqlite'
      ? `{dir: "${books.folder}"}`
      : `{redis: "${books.url}", timeout: 1s, keyPrefix: "${REDIS_PREFIX}-${books.purpose}", replicas: ${replicas}}`;
  return [`state: ${state}`, `admin: {keys: ["${ADMIN_KEY}"]}`];
}

/** Keys of this run only, so that a Redis that is used for other things too can be tidied afterwards. */
export const REDIS_PREFIX = `breakwater-bench-${process.pid}`;

/** YAML for tenants that never reach their limits. */
export function wideTenants(count: number): string[] {
  const money = '{limit: $1000000, per: day}';
  const rates = 'rates: {requests: 1G/minute}';
  return [
    'tenants:',
    ...Array.from({ length: count }, (_, index) => {
      const own = `keys: ["${keyOf(index)}"], budget: [${money}, {limit: $1000000, per: session}], ${rates}`;
      const rest = `users: {budget: [${money}], ${rates}}, agents: {coder: {budget: [${money}], ${rates}}}`;
      return `  t${index}: {${own}, ${rest}}`;
    }),
  ];
}

/** YAML for one tenant whose month buys exactly so many calls. */
export function tightTenant(calls: number): string[] {
  const limit = ((calls * CALL_COST) / 1e9).toFixed(9);
  return ['tenants:', `  t0: {keys: ["${keyOf(0)}"], budget: [{limit: $${limit}, per: month}]}`];
}

/** The key of tenant number `index`. */
function keyOf(index: number): string {
  return `bench-key-${String(index).padStart(6, '0')}-0123456789abcdef0123456789abcdef`;
}

/** Whether a key is named, and one that the proxy knows. */
export type Identity = { readonly tenant: number } | 'unknown';

/** A chat request of a tenant's agent, user and session, of 1 kB. */
export function tenantRequest(port: number, who: Identity, stream = false): Buffer {
  const headers = {
    authorization: `Bearer ${who === 'unknown' ? 'bench-key-of-nobody' : keyOf(who.tenant)}`,
    'x-breakwater-agent': 'coder',
    'x-breakwater-user': 'u-17',
    'x-breakwater-session': 's-2f9c1b7e',
  };
  return chatRequest({ port, headers }, chatBody('bench', 1_000, stream, OUTPUT_TOKENS));
}
