import type { Clock } from '../../clock.ts';
import type { Endpoint } from '../../dialects/endpoint.ts';
import type { JsonMembers } from '../../dialects/json-members.ts';
import { LruMap } from '../../lru-map.ts';
import { AgentDays } from './agent-days.ts';
import type { AuditReport } from './audit-report.ts';
import { calledInHistory } from './called-in-history.ts';
import { PromptParts } from './prompt-parts.ts';
import { addSums, noSums, type PromptOwner, PromptRecord, type PromptUse } from './prompt-record.ts';
import { buildReport, type ReportOptions } from './report.ts';
import type { PromptSketch } from './sketch.ts';

export interface PromptAuditOptions {
  readonly clock: Clock;
  /** Counts and sketches off the event loop, and never fails: `TokenCounter.sketch`. */
  readonly sketch: (prompt: string, tools: string) => Promise<PromptSketch | undefined>;
  /** Prompts kept; the ones not seen for longest are summed up as others. Default 2,000. */
  readonly most?: number;
  /** New prompts looked at closely in a second. A prompt that is new each time must not keep the counter busy. Default 10. */
  readonly perSecond?: number;
}

/** One settled request. */
export interface PromptSample extends PromptOwner {
  readonly endpoint: Endpoint;
  /** The request as the client sent it. */
  readonly body: JsonMembers;
  /** The model it went to. */
  readonly model: string;
  /** Each try that was billed. */
  readonly uses: readonly PromptUse[];
  /** Names of the tools the answer calls; undefined: not known, what requests bring along of the past is looked at now and then. */
  readonly called: readonly string[] | undefined;
  /** The prompt's text may be kept, for the report. */
  readonly record: boolean;
  /** Clock milliseconds; default now. */
  readonly at?: number;
}

/** Characters of a text that are kept, and of all together. */
const LONGEST_KEPT = 32_768;
const MOST_KEPT = 8_000_000;
/** Sketches under way: the counter has other work. */
const MOST_SKETCHING = 4;

/**
 * What system prompts and tools cost, by prompt and agent. A request adds a hash over the bytes of its prompt and a few sums; counting and
 * comparing happens in the counter's thread, once a prompt. No text is kept but where `record` says so. Bounded, and in memory only.
 */
export class PromptAudit {
  readonly since: number;
  readonly #clock: Clock;
  readonly #sketch: PromptAuditOptions['sketch'];
  readonly #most: number;
  readonly #perSecond: number;
  readonly #spellings: LruMap<string, PromptRecord>;
  /** By owner and sketch, or by owner and spelling until there is one. */
  #records = new Map<string, PromptRecord>();
  #agents = new Map<string, AgentDays>();
  readonly #others = noSums();
  readonly #sketching = new Set<Promise<void>>();
  readonly #pending = new WeakSet<PromptRecord>();
  #tokens: number;
  #filledAt: number;
  #textKept = 0;

  constructor({ clock, sketch, most = 2000, perSecond = 10 }: PromptAuditOptions) {
    this.#clock = clock;
    this.#sketch = sketch;
    this.#most = Math.max(2, most);
    this.#perSecond = perSecond;
    this.#spellings = new LruMap(this.#most * 4);
    this.since = clock.now();
    this.#filledAt = this.since;
    this.#tokens = perSecond * 5;
  }

  /** Prompts kept. */
  get size(): number {
    return this.#records.size;
  }

  /** Adds a settled request. */
  observe(sample: PromptSample): void {
    const at = sample.at ?? this.#clock.now();
    const seen = this.#see(sample, at);
    if (seen === undefined) return;
    const sums = seen.record.add(sample.model, sample.uses, sample.called, at);
    if (sample.called === undefined) hear(seen.record, sample);
    this.#daysOf(seen.ownerKey, seen.record.owner).add(sums, at);
  }

  /** Counts the prompt of a request that is to be observed, where nothing hurries: then no sum is made of guesses. */
  async learn(sample: Omit<PromptSample, 'uses'>): Promise<void> {
    this.#see(sample, sample.at ?? this.#clock.now());
    await this.settled();
  }

  /** What was seen until now. */
  report(options: ReportOptions = {}): AuditReport {
    return buildReport(
      {
        since: this.since,
        now: this.#clock.now(),
        records: [...new Set(this.#records.values())],
        agents: [...this.#agents.values()],
        others: this.#others,
      },
      options,
    );
  }

  /** Resolves when all prompts seen are counted, as far as they will be. */
  async settled(): Promise<void> {
    while (this.#sketching.size > 0) await Promise.all(this.#sketching);
  }

  #see(sample: Omit<PromptSample, 'uses'>, at: number): { record: PromptRecord; ownerKey: string } | undefined {
    const parts = PromptParts.of(sample.endpoint, sample.body);
    if (parts === undefined) return undefined;
    const ownerKey = `${sample.tenant ?? ''}\u0000${sample.agent ?? ''}`;
    const spelling = `${ownerKey}\u0000${parts.key()}`;
    let record = this.#spellings.get(spelling);
    if (record === undefined || record.dropped) {
      const owner = { tenant: sample.tenant, agent: sample.agent };
      record = new PromptRecord(spelling.slice(-32, -22), owner, parts, at);
      this.#spellings.set(spelling, record);
      this.#records.set(spelling, record);
      this.#evict();
    }
    if (record.sketch === undefined && this.#maySketch(record))
      this.#startSketch(record, ownerKey, spelling, parts.text(), parts.tools(), sample.record);
    return { record, ownerKey };
  }

  #maySketch(record: PromptRecord): boolean {
    if (this.#sketching.size >= MOST_SKETCHING || this.#pending.has(record)) return false;
    const now = this.#clock.now();
    const refilled = this.#tokens + ((now - this.#filledAt) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#perSecond * 5, refilled);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  #startSketch(
    record: PromptRecord,
    ownerKey: string,
    spelling: string,
    text: string,
    tools: string,
    keep: boolean,
  ): void {
    this.#pending.add(record);
    const sketching = this.#sketch(text, tools)
      // Not counted in time is not counted: the next request tries again.
      .then((sketch) => this.#sketched(record, ownerKey, spelling, sketch))
      .finally(() => {
        this.#pending.delete(record);
        this.#sketching.delete(sketching);
      });
    this.#sketching.add(sketching);
    if (!keep || this.#textKept >= MOST_KEPT) return;
    record.text = text.slice(0, LONGEST_KEPT);
    this.#textKept += record.text.length;
  }

  /** A new spelling of a prompt that is known already goes over to it. */
  #sketched(record: PromptRecord, ownerKey: string, spelling: string, sketch: PromptSketch | undefined): void {
    if (sketch === undefined) return;
    record.sketch = sketch;
    if (this.#records.get(spelling) !== record) return;
    const key = `${ownerKey}\u0000${sketch.key}\u0000${sketch.tools.map(({ name }) => name).join('\u0001')}`;
    const same = this.#records.get(key);
    this.#records.delete(spelling);
    if (same === undefined) {
      this.#records.set(key, record);
      return;
    }
    same.take(record);
    this.#textKept -= record.text?.length ?? 0;
    this.#spellings.set(spelling, same);
  }

  /** In steps of a quarter: to find the oldest takes a look at all. */
  #evict(): void {
    if (this.#records.size <= this.#most) return;
    const oldest = [...this.#records].sort(([, a], [, b]) => b.lastAt - a.lastAt);
    for (const [, record] of oldest.splice(Math.ceil(this.#most * 0.75))) {
      addSums(this.#others, record.sums);
      record.dropped = true;
      this.#textKept -= record.text?.length ?? 0;
      record.text = undefined;
    }
    this.#records = new Map(oldest);
  }

  #daysOf(ownerKey: string, owner: PromptOwner): AgentDays {
    let days = this.#agents.get(ownerKey);
    if (days === undefined) {
      if (this.#agents.size >= this.#most) {
        const kept = [...this.#agents].sort(([, a], [, b]) => b.lastAt - a.lastAt);
        this.#agents = new Map(kept.slice(0, Math.ceil(this.#most * 0.75)));
      }
      days = new AgentDays(owner);
      this.#agents.set(ownerKey, days);
    }
    return days;
  }
}

/** One in so many requests of a prompt is looked at for calls: the past of one holds those of the ones before. */
const HEAR_EVERY = 4;

function hear(record: PromptRecord, { endpoint, body }: PromptSample): void {
  const { sketch } = record;
  if (sketch === undefined || sketch.tools.length === 0 || ++record.unheard < HEAR_EVERY) return;
  const called = calledInHistory(
    endpoint,
    body,
    sketch.tools.map(({ name }) => name),
  );
  if (called !== undefined) record.heard(called, record.unheard);
  record.unheard = 0;
}
