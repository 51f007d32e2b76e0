import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { didYouMean } from '../config/suggest.ts';
import type { Tenant } from '../config/tenant-config.ts';
import { type OwnErrorCode, ownFailure } from '../failures/own-errors.ts';
import type { BudgetStore, LedgerLine } from '../state/budget-store.ts';
import type { KeyStore, StoredKey } from '../state/key-store.ts';
import type { BudgetEvent } from '../tenants/events/budget-event.ts';
import { keyEvent, scopePaused, scopeResumed } from '../tenants/events/make-events.ts';
import { createKey, isGood, type NewKey, ROTATION_OVERLAP_MS, rotateKey } from '../tenants/key-administration.ts';
import { reportBudgets } from '../tenants/report.ts';
import { readScope } from '../tenants/scopes.ts';
import {
  type Administration,
  AdminRefused,
  type KeyRequest,
  type LedgerWish,
  MOST_A_PAGE,
  type TenantPage,
  USUAL_A_PAGE,
} from './administration.ts';
import { parseScope, SCOPE_EXPECTED } from './scope-input.ts';
import type {
  BudgetsPage,
  KeyList,
  KeyShape,
  LedgerShapePage,
  MadeKey,
  PauseReply,
  ResumeReply,
  TenantsPage,
} from './shapes.ts';
import { isoTime, showConfigKey, showLine, showPaused, showReport, showStoredKey } from './show.ts';
import { parseSince, parseSpan } from './span.ts';

export interface LocalOptions {
  /** The configuration in force. */
  readonly config: () => Config;
  readonly budgets: Pick<BudgetStore, 'pause' | 'resume' | 'paused' | 'counters' | 'rates' | 'ledger'>;
  readonly keys: KeyStore;
  readonly clock: Clock;
  /** False beside the process that owns the holds. */
  readonly heldKnown: boolean;
  readonly tell: (event: BudgetEvent) => void;
  /** Keys were made or revoked: whoever holds them in memory reads them again. */
  readonly keysChanged: () => void | Promise<void>;
  readonly close?: () => void | Promise<void>;
}

/** The ledger is read for burn rates where no more tenants than these are asked about at once. */
const RECENT_FOR = 20;
/** Counters read of a tenant. Redis is shared: one script should not keep the others waiting. */
const COUNTERS = { memory: 20_000, sqlite: 20_000, redis: 2_000 } as const;
const LABEL = /^[^\p{Cc}]{1,100}$/u;
const AGENT = /^[\x20-\x7e]{1,128}$/;
const REASON = /^[^\p{Cc}]{1,300}$/u;
const CURSOR = /^\d{1,16}(-\d{1,19})?$/;

/** The operator's view of one state. */
export class LocalAdministration implements Administration {
  readonly #options: LocalOptions;

  constructor(options: LocalOptions) {
    this.#options = options;
  }

  async tenants(page: TenantPage): Promise<TenantsPage> {
    const { shown, next } = this.#page(undefined, page);
    const data = [];
    for (const { name, timeZone, agents, otherAgents, policy, webhooks } of shown) {
      const paused = showPaused(await this.#options.budgets.paused(name));
      const more = { otherAgents: otherAgents !== undefined, over: policy.over, webhooks: webhooks.length, paused };
      data.push({ tenant: name, timeZone, agents: [...agents.keys()], ...more });
    }
    return { object: 'list', data, next };
  }

  async budgets(wish: { readonly tenant?: string | undefined } & TenantPage): Promise<BudgetsPage> {
    const { clock, budgets, heldKnown, config } = this.#options;
    const { shown, next } = this.#page(wish.tenant, wish);
    const store = config().state.kind;
    const now = Math.floor(clock.now());
    const options = { now, heldKnown, counters: COUNTERS[store], recent: shown.length <= RECENT_FOR };
    const data = [];
    for (const tenant of shown) data.push(showReport(await reportBudgets(tenant, budgets, options)));
    return { object: 'list', at: isoTime(now), store, data, next };
  }

  async keys({ tenant }: { readonly tenant?: string | undefined }): Promise<KeyList> {
    const { config, clock } = this.#options;
    const tenants = tenant === undefined ? [...config().tenants.values()] : [this.#tenant(tenant)];
    const written = tenants.flatMap(({ name, keys }) => keys.map((key) => showConfigKey(key, name)));
    const stored = (await this.#options.keys.list()).filter((key) => tenant === undefined || key.tenant === tenant);
    return { object: 'list', data: [...written, ...stored.map((key) => showStoredKey(key, clock.now()))] };
  }

  async createKey({ tenant: name, agent, label, expiresIn }: KeyRequest): Promise<MadeKey> {
    const tenant = this.#tenant(name);
    if (agent !== undefined) checkAgent(tenant, agent);
    if (label !== undefined && !LABEL.test(label)) refuse('wrong_type', 'label: expected 1 to 100 characters', 'label');
    const life = expiresIn === undefined ? undefined : spanOf('expiresIn', expiresIn);
    if (life === 0) refuse('wrong_type', 'expiresIn: a key that ends at once opens nothing', 'expiresIn');
    const { clock } = this.#options;
    const expiresAt = life === undefined ? undefined : Math.floor(clock.now()) + life;
    const made = await createKey(this.#options.keys, { tenant: name, agent, label, expiresAt }, clock);
    return this.#made(made, null);
  }

  async rotateKey(id: string, overlap: string | undefined): Promise<MadeKey> {
    const { clock, tell } = this.#options;
    const overlapMs = overlap === undefined ? ROTATION_OVERLAP_MS : spanOf('overlap', overlap);
    const old = await this.#storedKey(id);
    const now = Math.floor(clock.now());
    const made = isGood(old, now) ? await rotateKey(this.#options.keys, id, clock, overlapMs) : undefined;
    if (made === undefined)
      return refuse('unknown_key', `The key ${id} is no longer good, so there is nothing to rotate. Create a new one.`);
    // Before the overlap is over, nothing is revoked yet.
    if (overlapMs === 0) tell(keyEvent('key.revoked', old, now));
    return this.#made(made, { id, goodUntil: isoTime(made.oldUntil) });
  }

  async revokeKey(id: string): Promise<KeyShape> {
    const { clock, keys, tell, keysChanged } = this.#options;
    const old = await this.#storedKey(id);
    const now = Math.floor(clock.now());
    await keys.revoke(id, now);
    await keysChanged();
    if (isGood(old, now)) tell(keyEvent('key.revoked', old, now));
    return showStoredKey({ ...old, revokedAt: Math.min(now, old.revokedAt ?? now) }, now);
  }

  async pause(wish: { readonly tenant: string; readonly scope: string; readonly reason: string }): Promise<PauseReply> {
    const { budgets, clock, tell } = this.#options;
    const tenant = this.#tenant(wish.tenant);
    const scope = scopeOf(wish.scope);
    const { kind, name } = readScope(scope) ?? { kind: 'tenant', name: undefined };
    // A pause that misses what it was meant for stops nothing; an agent that is not in the file may still be there.
    if (kind === 'agent' && name !== undefined && !tenant.agents.has(name)) {
      const hint = didYouMean(name, tenant.agents.keys());
      if (hint !== '')
        refuse('unknown_agent', `The tenant ${tenant.name} has no agent ${quoted(name)}.${hint}`, 'scope');
    }
    if (!REASON.test(wish.reason)) refuse('wrong_type', 'reason: expected 1 to 300 characters on one line', 'reason');
    const since = Math.floor(clock.now());
    await budgets.pause(tenant.name, scope, wish.reason);
    tell(scopePaused(tenant.name, scope, wish.reason, since));
    return { tenant: tenant.name, scope, reason: wish.reason, since: isoTime(since) };
  }

  async resume(wish: { readonly tenant: string; readonly scope: string }): Promise<ResumeReply> {
    const { budgets, clock, tell } = this.#options;
    const tenant = this.#tenant(wish.tenant).name;
    const scope = scopeOf(wish.scope);
    if (!(await budgets.resume(tenant, scope))) {
      const paused = (await budgets.paused(tenant)).map((one) => one.scope);
      const list = paused.length === 0 ? 'Nothing of it is.' : `Paused are: ${paused.join(', ')}.`;
      refuse('not_paused', `${scope} of tenant ${tenant} is not paused. ${list}`);
    }
    tell(scopeResumed(tenant, scope, Math.floor(clock.now())));
    return { tenant, scope, resumed: true };
  }

  async ledger({ tenant: name, after, since, limit = USUAL_A_PAGE }: LedgerWish): Promise<LedgerShapePage> {
    const tenant = this.#tenant(name).name;
    if (after !== undefined && !CURSOR.test(after)) refuseCursor(after);
    const from = since === undefined ? undefined : parseSince(since, this.#options.clock.now());
    if (since !== undefined && from === undefined)
      refuse('wrong_type', `since: ${quoted(since)}: expected a span such as 7d, or an ISO date`, 'since');
    const lines = await this.#lines(tenant, after, from, checkLimit(limit));
    const last = lines.at(-1)?.cursor;
    const data = lines.filter((line) => from === undefined || line.at >= from).map(showLine);
    return { object: 'list', data, next: lines.length < limit || last === undefined ? null : last };
  }

  async close(): Promise<void> {
    await this.#options.close?.();
  }

  async #lines(
    tenant: string,
    after: string | undefined,
    since: number | undefined,
    limit: number,
  ): Promise<readonly LedgerLine[]> {
    try {
      return await this.#options.budgets.ledger(tenant, { after, since, limit });
    } catch (error) {
      // A cursor of another store.
      if (error instanceof RangeError && after !== undefined) return refuseCursor(after);
      throw error;
    }
  }

  async #made({ key, stored }: NewKey, replaces: MadeKey['replaces']): Promise<MadeKey> {
    const { clock, tell, keysChanged } = this.#options;
    await keysChanged();
    tell(keyEvent('key.created', stored, stored.createdAt));
    return { key, ...showStoredKey(stored, clock.now()), replaces };
  }

  async #storedKey(id: string): Promise<StoredKey> {
    const stored = await this.#options.keys.list();
    const found = stored.find((key) => key.id === id);
    if (found !== undefined) return found;
    for (const { keys } of this.#options.config().tenants.values()) {
      if (keys.some((key) => key.id === id))
        refuse('unknown_key', `The key ${id} is written in the configuration: change it there.`);
    }
    const hint = didYouMean(
      id,
      stored.map((key) => key.id),
    );
    return refuse('unknown_key', `There is no key ${quoted(id)}.${hint}`);
  }

  #tenant(name: string): Tenant {
    const { tenants } = this.#options.config();
    const tenant = tenants.get(name);
    if (tenant !== undefined) return tenant;
    return refuse('unknown_tenant', `There is no tenant ${quoted(name)}.${didYouMean(name, tenants.keys())}`);
  }

  #page(only: string | undefined, { after, limit = USUAL_A_PAGE }: TenantPage) {
    if (only !== undefined) return { shown: [this.#tenant(only)], next: null };
    const all = [...this.#options.config().tenants.values()];
    const from = after === undefined ? 0 : all.indexOf(this.#tenant(after)) + 1;
    const shown = all.slice(from, from + checkLimit(limit));
    return { shown, next: from + limit < all.length ? (shown.at(-1)?.name ?? null) : null };
  }
}

/** Throws: nothing was done. */
function refuse(code: OwnErrorCode, message: string, param?: string): never {
  throw new AdminRefused(ownFailure(code, message, param));
}

function refuseCursor(after: string): never {
  return refuse('wrong_type', `after: ${quoted(after)} is no cursor of this ledger`, 'after');
}

function checkAgent(tenant: Tenant, agent: string): void {
  if (tenant.agents.has(agent)) return;
  if (!AGENT.test(agent)) refuse('wrong_type', 'agent: expected up to 128 printable ASCII characters', 'agent');
  // Where "*" is written, any name is an agent.
  if (tenant.otherAgents !== undefined) return;
  const hint = didYouMean(agent, tenant.agents.keys());
  refuse('unknown_agent', `The tenant ${tenant.name} has no agent ${quoted(agent)}.${hint}`);
}

function checkLimit(limit: number): number {
  if (Number.isSafeInteger(limit) && limit >= 1 && limit <= MOST_A_PAGE) return limit;
  return refuse('wrong_type', `limit: expected a whole number from 1 to ${MOST_A_PAGE}`, 'limit');
}

function spanOf(field: string, text: string): number {
  const span = parseSpan(text);
  return span ?? refuse('wrong_type', `${field}: ${quoted(text)}: expected a span such as 24h or 90d`, field);
}

function scopeOf(text: string): string {
  return parseScope(text) ?? refuse('wrong_type', `scope: ${quoted(text)}: ${SCOPE_EXPECTED}`, 'scope');
}

const LONGEST_SHOWN = 80;

function quoted(text: string): string {
  return JSON.stringify(text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}...` : text);
}
