import type { ToolTokens } from './sketch.ts';

/** Money in dollars. Where no price is known, it costs nothing here. */
export interface AuditReport {
  /** ISO 8601. */
  readonly since: string;
  /** Days that requests were seen in; at least one, so that what was seen for an hour is not taken for a day's twenty-fourth. */
  readonly days: number;
  readonly requests: number;
  readonly costUsd: number;
  /** Of it, for system prompts and tools. */
  readonly promptCostUsd: number;
  readonly prompts: readonly PromptReport[];
  /** Prompts beyond those listed. */
  readonly unlisted: { readonly prompts: number; readonly requests: number; readonly promptCostUsd: number };
  readonly agents: readonly AgentReport[];
}

export interface PromptReport {
  readonly id: string;
  readonly tenant: string | undefined;
  readonly agent: string | undefined;
  readonly models: readonly string[];
  /** Of the system prompt, as the model counts them. */
  readonly tokens: number;
  /** Not counted yet: told by the bytes. */
  readonly estimated: boolean;
  readonly toolTokens: number;
  readonly tools: number;
  readonly requests: number;
  readonly requestsPerDay: number;
  /** Of system prompt and tools. */
  readonly promptCostUsd: number;
  readonly costPerDayUsd: number;
  /** Of everything that was spent, from 0 to 1. */
  readonly shareOfBill: number;
  /** Of its tokens, from 0 to 1, what the provider read from its cache. */
  readonly cachedShare: number;
  /** Spellings that differ only in numbers, dates and ids. */
  readonly variants: number;
  /** Offered, and never called in the answers that were seen. */
  readonly unusedTools: readonly ToolTokens[];
  readonly duplicates: readonly {
    readonly id: string;
    readonly agent: string | undefined;
    readonly similarity: number;
  }[];
  readonly findings: readonly Finding[];
  /** Where it may be kept. */
  readonly text?: string;
}

export interface AgentReport {
  readonly tenant: string | undefined;
  readonly agent: string | undefined;
  readonly days: readonly {
    readonly day: string;
    readonly requests: number;
    /** Of system prompt and tools, a request. */
    readonly tokens: number;
    readonly promptCostUsd: number;
  }[];
  /** From the first day to the last, 0.25: a quarter more tokens; undefined: one day only. */
  readonly growth: number | undefined;
}

/** Something about a prompt that may be worth a look. Nothing is ever changed by itself. */
export interface Finding {
  readonly flag: 'long' | 'unused-tools' | 'duplicate' | 'varying' | 'uncached' | 'growing';
  /** What could be done, in a sentence or two. */
  readonly suggestion: string;
}
