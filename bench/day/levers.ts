import { LIVE } from './cache-arms.ts';
import type { Arm } from './configuration.ts';

/** Every request goes to the strong model, with everything that agents send. */
export const NOTHING: Arm = { name: 'nothing' };

/** As in the article: kinds of work by keyword, each with a tier. What no rule knows goes to the middling model. */
const RULES = [
  '{task: coding, contains: ["fix "]}',
  '{task: reasoning, contains: ["step by step", "derive"]}',
  '{task: classification, contains: ["classify"]}',
  '{task: extraction, contains: ["extract"]}',
  '{task: summarization, contains: ["summarize"]}',
];
const POLICY =
  `rules: [${RULES.join(', ')}], tasks: {coding: large, reasoning: large, classification: small, extraction: small, summarization: medium}, ` +
  'tiers: {small: small, medium: mid, large: strong}, default: medium, bumpAt: 1';
const EVIDENCE =
  'evidence: {reference: large, delta: 5pt, shadow: 20%, canary: 20%, checker: judge, judge: {target: up/mid, timeout: 60s}}';

/** Each lever by itself, and together. */
export interface LeverArms {
  readonly audit: Arm;
  readonly cache: Arm;
  readonly routing: Arm;
  /** Routing that believes the operator's tiers, without evidence. */
  readonly asWritten: Arm;
  readonly compaction: Arm;
  /** The levers whose saving no ledger can tell: it does not know how long the prompt or the conversation would have been. */
  readonly untold: Arm;
  readonly together: Arm;
}

/** @param trimmed agents whose prompts the audit would have shortened */
export function leverArms(trimmed: ReadonlySet<string>): LeverArms {
  const audit = { audited: trimmed };
  const cache = { cache: LIVE.cache ?? '', routeCache: LIVE.routeCache ?? '' };
  const routing = { policy: `{${POLICY}, ${EVIDENCE}}` };
  const compaction = { context: '{maxInputTokens: 40k, keepTurns: 6, summarizer: up/small}' };
  return {
    audit: { name: 'audit', ...audit },
    cache: { name: 'cache', ...cache },
    routing: { name: 'routing', ...routing },
    asWritten: { name: 'routing, tiers as written', policy: `{${POLICY}}` },
    compaction: { name: 'compaction', ...compaction },
    untold: { name: 'audit and compaction', ...audit, ...compaction },
    together: { name: 'all four', ...audit, ...cache, ...routing, ...compaction },
  };
}
