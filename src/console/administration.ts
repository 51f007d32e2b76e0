import type { Failure } from '../failures/failure.ts';
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

/**
 * What an operator can see and do. The admin API serves it, and the commands use it: on the state directly, or through the API of a
 * running proxy. All of it throws {@link AdminRefused} for what is asked wrongly, and `StateUnavailable` where the store is away.
 */
export interface Administration {
  tenants(page: TenantPage): Promise<TenantsPage>;
  budgets(wish: { readonly tenant?: string | undefined } & TenantPage): Promise<BudgetsPage>;
  keys(wish: { readonly tenant?: string | undefined }): Promise<KeyList>;
  createKey(wish: KeyRequest): Promise<MadeKey>;
  /** @param overlap how long the old key goes on: `24h` */
  rotateKey(id: string, overlap: string | undefined): Promise<MadeKey>;
  revokeKey(id: string): Promise<KeyShape>;
  pause(wish: { readonly tenant: string; readonly scope: string; readonly reason: string }): Promise<PauseReply>;
  resume(wish: { readonly tenant: string; readonly scope: string }): Promise<ResumeReply>;
  ledger(wish: LedgerWish): Promise<LedgerShapePage>;
  close(): void | Promise<void>;
}

/** Tenants in the order of the file. */
export interface TenantPage {
  /** The last tenant seen. */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

export interface KeyRequest {
  readonly tenant: string;
  readonly agent?: string | undefined;
  readonly label?: string | undefined;
  /** `90d`. */
  readonly expiresIn?: string | undefined;
}

export interface LedgerWish {
  readonly tenant: string;
  readonly after?: string | undefined;
  /** `7d`, or an ISO date. */
  readonly since?: string | undefined;
  readonly limit?: number | undefined;
}

/** Entries of one answer at most, and where nothing is said. */
export const MOST_A_PAGE = 1_000;
export const USUAL_A_PAGE = 100;

/** What was asked cannot be done as it is asked. */
export class AdminRefused extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.name = 'AdminRefused';
    this.failure = failure;
  }
}
