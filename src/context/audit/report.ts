import { tokenFactor } from '../token-estimate.ts';
import type { AgentDays } from './agent-days.ts';
import type { AgentReport, AuditReport, PromptReport } from './audit-report.ts';
import { findingsOf } from './findings.ts';
import { type NearDuplicate, nearDuplicates } from './near-duplicates.ts';
import type { PromptOwner, PromptRecord, PromptSums } from './prompt-record.ts';

const DAY_MS = 86_400_000;
const NANOS = 1e9;
const DEFAULT_TOP = 100;
const DUPLICATES_SHOWN = 5;
const TOOLS_SHOWN = 20;

export interface ReportOptions {
  /** Only this tenant's. */
  readonly tenant?: string | undefined;
  /** Prompts listed, the dearest first. Default 100. */
  readonly top?: number | undefined;
  /** Requests a day to reckon with, split as they were seen; absent: those that were seen. */
  readonly requestsPerDay?: number | undefined;
  /** The uses tell what was read from providers' caches. Default true. */
  readonly cacheKnown?: boolean | undefined;
}

/** What a report is made of. */
export interface AuditMaterial {
  /** Clock milliseconds. */
  readonly since: number;
  readonly now: number;
  readonly records: readonly PromptRecord[];
  readonly agents: readonly AgentDays[];
  /** Prompts for which there was no more room. */
  readonly others: PromptSums;
}

export function buildReport(material: AuditMaterial, options: ReportOptions): AuditReport {
  const ours = <T extends { readonly owner: PromptOwner }>(all: readonly T[]): readonly T[] =>
    options.tenant === undefined ? all : all.filter(({ owner }) => owner.tenant === options.tenant);
  const records = [...ours(material.records)].sort(dearestFirst);
  const others = options.tenant === undefined ? material.others : undefined;
  const requests = sum(records, ({ sums }) => sums.requests) + (others?.requests ?? 0);
  const cost = sum(records, ({ sums }) => sums.cost) + (others?.cost ?? 0);
  const fixedCost = sum(records, ({ sums }) => sums.fixedCost) + (others?.fixedCost ?? 0);
  const first = Math.min(material.now, ...records.map(({ firstAt }) => firstAt));
  const last = Math.max(first, ...records.map(({ lastAt }) => lastAt));
  const days = Math.max(1, (last - first) / DAY_MS);
  const { requestsPerDay } = options;
  const perDay = requestsPerDay === undefined || requests === 0 ? 1 / days : requestsPerDay / requests;
  const duplicates = nearDuplicates(records, ({ sketch }) => sketch?.signature);
  const agents = ours(material.agents).map(agentReport);
  const growthOf = new Map(agents.map((one) => [ownerKey(one), one.growth]));
  const top = options.top ?? DEFAULT_TOP;
  const unlisted = records.slice(top);
  return {
    since: new Date(first).toISOString(),
    days,
    requests,
    costUsd: cost / NANOS,
    promptCostUsd: fixedCost / NANOS,
    prompts: records.slice(0, top).map((record) => {
      const growth = growthOf.get(ownerKey(record.owner));
      return promptReport(record, {
        cost,
        perDay,
        duplicates: duplicates.get(record) ?? [],
        growth,
        cacheKnown: options.cacheKnown ?? true,
      });
    }),
    unlisted: {
      prompts: unlisted.length,
      requests: sum(unlisted, ({ sums }) => sums.requests) + (others?.requests ?? 0),
      promptCostUsd: (sum(unlisted, ({ sums }) => sums.fixedCost) + (others?.fixedCost ?? 0)) / NANOS,
    },
    agents,
  };
}

interface PromptContext {
  readonly cost: number;
  /** Of what was seen, a day's part. */
  readonly perDay: number;
  readonly duplicates: readonly NearDuplicate<PromptRecord>[];
  readonly growth: number | undefined;
  readonly cacheKnown: boolean;
}

function promptReport(
  record: PromptRecord,
  { cost, perDay, duplicates, growth, cacheKnown }: PromptContext,
): PromptReport {
  const { id, owner, sums, sketch, text, variants } = record;
  const [model = ''] = record.models;
  const factor = tokenFactor(model);
  const unusedTools = record.answered === 0 ? [] : (sketch?.tools ?? []).filter(({ name }) => !record.calls.has(name));
  const report = {
    id,
    tenant: owner.tenant,
    agent: owner.agent,
    models: [...record.models],
    tokens: Math.ceil(record.systemTokens * factor),
    estimated: sketch === undefined,
    toolTokens: Math.ceil(record.toolTokens * factor),
    tools: sketch?.tools.length ?? 0,
    requests: sums.requests,
    requestsPerDay: sums.requests * perDay,
    promptCostUsd: sums.fixedCost / NANOS,
    costPerDayUsd: (sums.fixedCost * perDay) / NANOS,
    shareOfBill: cost === 0 ? 0 : sums.fixedCost / cost,
    cachedShare: sums.fixedTokens === 0 ? 0 : Math.min(1, sums.cachedTokens / sums.fixedTokens),
    variants,
    unusedTools: unusedTools
      .slice(0, TOOLS_SHOWN)
      .map(({ name, tokens }) => ({ name, tokens: Math.ceil(tokens * factor) })),
    duplicates: duplicates.slice(0, DUPLICATES_SHOWN).map(({ of, similarity }) => {
      return { id: of.id, agent: of.owner.agent, similarity };
    }),
    ...(text === undefined ? {} : { text }),
  };
  return { ...report, findings: findingsOf(report, { answered: record.answered, growth, cacheKnown }) };
}

function agentReport(agent: AgentDays): AgentReport {
  const days = agent.days().map(({ day, sums }) => ({
    day,
    requests: sums.requests,
    tokens: sums.requests === 0 ? 0 : Math.round(sums.fixedTokens / sums.requests),
    promptCostUsd: sums.fixedCost / NANOS,
  }));
  const [first] = days;
  const last = days.at(-1);
  const growth =
    first === undefined || last === undefined || first === last || first.tokens === 0
      ? undefined
      : last.tokens / first.tokens - 1;
  return { tenant: agent.owner.tenant, agent: agent.owner.agent, days, growth };
}

function dearestFirst(a: PromptRecord, b: PromptRecord): number {
  const tokens = ({ systemTokens, toolTokens, sums }: PromptRecord): number =>
    (systemTokens + toolTokens) * sums.requests;
  return b.sums.fixedCost - a.sums.fixedCost || tokens(b) - tokens(a);
}

function ownerKey({ tenant, agent }: PromptOwner): string {
  return `${tenant ?? ''}\u0000${agent ?? ''}`;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  let total = 0;
  for (const item of items) total += of(item);
  return total;
}
