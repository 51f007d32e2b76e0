import type { TestContext } from 'node:test';
import OpenAI from 'openai';
import { HELLO, type Rig, rig } from '../chaos/rig.ts';
import { stateDir } from '../state/state-dir.ts';
import { key } from '../tenants/rig.ts';

export const ADMIN_KEY = 'admin-key-for-tests-0123456789';

/** What an admin request was answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body, where it is JSON. */
  readonly json: Record<string, never>;
}

export interface AdminRig extends Rig {
  readonly dir: string;
  /** @param key undefined: none is sent */
  ask(method: string, path: string, body?: unknown, key?: string | undefined): Promise<Answer>;
  /** A client of the proxy with that key; it never retries by itself. */
  client(key: string): OpenAI;
}

/** Two tenants on one simulator whose every call costs the same. */
export const TENANTS = `
tenants:
  acme:
    keys: ["${key('acme')}"]
    timeZone: Europe/Vienna
    budget: [{ limit: $50, per: day }, { limit: 2M tokens, per: month }, { limit: $5, per: session }]
    concurrency: 20
    users: { budget: { limit: $3, per: day } }
    agents:
      coder: { keys: ["${key('coder')}"], budget: { limit: $20, per: day } }
  other:
    keys: ["${key('other')}"]
    budget: { limit: $1, per: day }
`;

const MODELS = `
models:
  m: {targets: [{target: a/sim-ok, price: {input: "$1", output: "$2"}}]}
`;

/** A proxy with tenants on SQLite in a directory of its own. */
export async function adminRig(
  t: TestContext,
  { admin = `admin: {keys: ["${ADMIN_KEY}"]}`, tenants = TENANTS }: { admin?: string; tenants?: string } = {},
): Promise<AdminRig> {
  const dir = stateDir();
  const made = await rig(t, {
    speed: 1,
    machineTime: true,
    config: `${MODELS}\nstate: {dir: "${dir}"}\n${admin}\n${tenants}`,
  });
  return {
    ...made,
    dir,
    ask: async (method, path, body, sent = ADMIN_KEY) => {
      const response = await fetch(made.proxy.url + path, {
        method,
        headers: {
          ...(sent === '' ? {} : { authorization: `Bearer ${sent}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
      return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : {} };
    },
    client: (apiKey) => new OpenAI({ baseURL: `${made.proxy.url}/v1`, apiKey, maxRetries: 0 }),
  };
}

/** One chat of a client, in words that do not matter. */
export async function chat(client: OpenAI, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  await client.chat.completions.create({ model: 'm', messages: HELLO, max_tokens: 100 }, { headers });
}
