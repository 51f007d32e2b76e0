import type * as z from 'zod';
import type { Administration, KeyRequest, LedgerWish, TenantPage } from './administration.ts';
import {
  type BudgetsPage,
  budgetsPage,
  type KeyList,
  type KeyShape,
  keyList,
  type LedgerShapePage,
  ledgerPage,
  type MadeKey,
  madeKey,
  type PauseReply,
  pauseReply,
  type ResumeReply,
  type RoutesPage,
  resumeReply,
  revokedKey,
  routesPage,
  type TenantsPage,
  tenantsPage,
} from './shapes.ts';

/** The proxy at the other end refused, or there is none. The message is for the operator. */
export class RemoteRefused extends Error {
  override readonly name = 'RemoteRefused';
}

/** Long enough for a page of the ledger from a busy proxy, milliseconds. */
const PATIENCE_MS = 60_000;

/** The admin API of a running proxy. */
export class RemoteAdministration implements Administration {
  readonly #url: string;
  readonly #key: string;

  /**
   * @param url `http://127.0.0.1:8080`
   * @param key an admin key
   */
  constructor(url: string, key: string) {
    this.#url = url.replace(/\/+$/, '');
    this.#key = key;
  }

  tenants(page: TenantPage): Promise<TenantsPage> {
    return this.#ask(tenantsPage, 'GET', `tenants${query({ ...page })}`);
  }

  budgets(wish: { readonly tenant?: string | undefined } & TenantPage): Promise<BudgetsPage> {
    return this.#ask(budgetsPage, 'GET', `budgets${query({ ...wish })}`);
  }

  keys(wish: { readonly tenant?: string | undefined }): Promise<KeyList> {
    return this.#ask(keyList, 'GET', `keys${query({ ...wish })}`);
  }

  createKey(wish: KeyRequest): Promise<MadeKey> {
    return this.#ask(madeKey, 'POST', 'keys', wish);
  }

  rotateKey(id: string, overlap: string | undefined): Promise<MadeKey> {
    return this.#ask(madeKey, 'POST', `keys/${encodeURIComponent(id)}/rotate`, { overlap });
  }

  revokeKey(id: string): Promise<KeyShape> {
    return this.#ask(revokedKey, 'DELETE', `keys/${encodeURIComponent(id)}`);
  }

  pause(wish: { readonly tenant: string; readonly scope: string; readonly reason: string }): Promise<PauseReply> {
    return this.#ask(pauseReply, 'POST', 'pause', wish);
  }

  resume(wish: { readonly tenant: string; readonly scope: string }): Promise<ResumeReply> {
    return this.#ask(resumeReply, 'POST', 'resume', wish);
  }

  ledger(wish: LedgerWish): Promise<LedgerShapePage> {
    return this.#ask(ledgerPage, 'GET', `ledger${query({ ...wish })}`);
  }

  /** The evidence for routing, as that process has it in memory. */
  routes(wish: { readonly tenant?: string | undefined; readonly limit?: number | undefined }): Promise<RoutesPage> {
    return this.#ask(routesPage, 'GET', `routes${query({ ...wish })}`);
  }

  close(): void {}

  async #ask<S extends z.ZodType>(shape: S, method: string, path: string, body?: object): Promise<z.output<S>> {
    const { status, answer } = await this.#send(method, path, body);
    if (status >= 400) throw new RemoteRefused(messageIn(answer) ?? `${this.#url} answered with status ${status}`);
    const parsed = shape.safeParse(answer);
    if (parsed.success) return parsed.data;
    throw new RemoteRefused(`${this.#url} answered with something else than a Breakwater of this version would`);
  }

  async #send(method: string, path: string, body: object | undefined): Promise<{ status: number; answer: unknown }> {
    try {
      const response = await fetch(`${this.#url}/admin/${path}`, {
        method,
        // An admin key is not to follow somebody's redirect.
        redirect: 'error',
        signal: AbortSignal.timeout(PATIENCE_MS),
        headers: {
          authorization: `Bearer ${this.#key}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, answer: readAnswer(await response.text()) };
    } catch (error) {
      throw new RemoteRefused(`${this.#url} cannot be asked: ${reasonOf(error)}`, { cause: error });
    }
  }
}

function query(fields: Readonly<Record<string, string | number | undefined>>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) parameters.set(name, String(value));
  return parameters.size === 0 ? '' : `?${parameters}`;
}

/** Undefined where it is no JSON: whatever answers there is no Breakwater. */
function readAnswer(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function messageIn(answer: unknown): string | undefined {
  if (typeof answer !== 'object' || answer === null || !('error' in answer)) return undefined;
  const { error } = answer;
  if (typeof error !== 'object' || error === null || !('message' in error)) return undefined;
  return typeof error.message === 'string' ? error.message : undefined;
}

/** `fetch failed` says nothing; its cause does. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : cause.message;
  return error.message;
}
