import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compactionLabel } from '../../../src/context/compaction/compaction-label.ts';
import { type CompactionResult, Compactor } from '../../../src/context/compaction/compactor.ts';
import { planCompaction } from '../../../src/context/compaction/plan-compaction.ts';
import { limitsOf } from '../../../src/context/compaction/settings.ts';
import { turnText } from '../../../src/context/compaction/turn-content.ts';
import type { ChatDialect } from '../../../src/dialects/conversation/request.ts';
import { NO_TOKENS } from '../../../src/dialects/reported-tokens.ts';
import { costOf } from '../../../src/prices/cost.ts';
import { completeRates, configuredPrice } from '../../../src/prices/price.ts';
import { FakeClock } from '../../breakers/fake-clock.ts';
import { requestAfter, session } from './growing.ts';
import { read, requestOf, steps } from './long-conversations.ts';

const LIMITS = { maxInputTokens: 600, keepTurns: 3, summaryTokens: 40 };

it('the cuts of a conversation stay where they are when it grows', () => {
  fc.assert(
    fc.property(fc.constantFrom<ChatDialect>('chat', 'messages', 'responses'), steps, (dialect, all) => {
      const { conversation } = read(dialect, requestOf(dialect, all, 'Be brief.'));
      const tokens = conversation.turns.map((turn) => Math.ceil(turnText(turn).length / 4) + 4);
      let before: readonly number[] = [];
      for (let length = 1; length <= conversation.turns.length; length++) {
        const grown = { ...conversation, turns: conversation.turns.slice(0, length) };
        // A request does not end with what the model said, nor amid the results of its calls.
        if (grown.turns.at(-1)?.role === 'assistant') continue;
        const plan = planCompaction(grown, { head: 20, turns: tokens.slice(0, length) }, LIMITS);
        const cuts = plan.kind === 'compact' ? plan.cuts : [];
        assert.deepEqual(cuts.slice(0, before.length), before);
        assert.ok(cuts.length <= before.length + 1, 'two cuts at once');
        before = cuts;
      }
    }),
    { numRuns: 40, endOnFailure: true },
  );
});

/** Sonnet's prices: $3 in, $0.30 read from the cache, $3.75 written to it, a million tokens. */
const RATES = completeRates({ input: 3_000_000, cacheRead: 300_000, cacheWrite5m: 3_750_000, output: 15_000_000 });
assert.ok(RATES !== undefined);
const PRICE = configuredPrice(RATES);
const SMALL = completeRates({ input: 1_000_000, output: 5_000_000 });
assert.ok(SMALL !== undefined);
const SMALL_PRICE = configuredPrice(SMALL);

const ROUNDS = 200;
const CAP = 40_000;
/** Four bytes a token: enough for sums, and quick. */
const count = async (texts: readonly string[]) => texts.map((text) => Math.ceil(Buffer.byteLength(text) / 4));

/** What a provider that caches prefixes charges for requests in a row. */
class Provider {
  cost = 0;
  #before: Buffer = Buffer.alloc(0);

  /** @returns bytes of the request before that are not in this one at their place */
  take(bytes: Buffer, tokens: number): number {
    const same = sharedPrefix(bytes, this.#before);
    // The closing brackets are no part of what was said.
    const changed = Math.max(0, this.#before.length - same);
    const cachedTokens = Math.floor((tokens * same) / bytes.length);
    this.cost += costOf(PRICE, {
      ...NO_TOKENS,
      promptTokens: tokens,
      cachedTokens,
      cacheWriteTokens: tokens - cachedTokens,
    });
    this.#before = bytes;
    return changed;
  }
}

function sharedPrefix(a: Buffer, b: Buffer): number {
  const most = Math.min(a.length, b.length);
  let same = 0;
  for (let step = 65_536; step >= 1; step /= 4) {
    while (same + step <= most && a.compare(b, same, same + step, same, same + step) === 0) same += step;
  }
  return same;
}

describe('a session of 200 turns and 180,000 tokens', () => {
  for (const dialect of ['messages', 'chat', 'responses'] as const) {
    it(`${dialect}: stays within the cap, waits for no summary, and changes its prefix only at a cut`, async () => {
      const all = session(ROUNDS, 630);
      const pending: (() => void)[] = [];
      const asked: { text: string; maxTokens: number }[] = [];
      let summaryCost = 0;
      const compactor = new Compactor({ clock: new FakeClock(), count });
      const whole = new Provider();
      const short = new Provider();
      const sent: number[] = [];
      let [tokens, cuts, changedBetween, changedAtCuts, last] = [0, 0, 0, 0, 0];
      let result: CompactionResult | undefined;
      for (let round = 1; round <= ROUNDS; round++) {
        const request = JSON.stringify(requestAfter(dialect, all, round));
        const { conversation, body } = read(dialect, JSON.parse(request));
        const compacting = compactor.compact({
          scope: 'acme/coder',
          settings: { maxInputTokens: CAP, keepTurns: 6, summarizer: 'small', wait: 30_000 },
          model: 'gpt-5.2',
          conversation,
          body,
          deadline: Number.POSITIVE_INFINITY,
          summarize: async (ask) => {
            asked.push(ask);
            const text = `Summary ${asked.length}. ${'What was found, where, and what is open. '.repeat(60)}`;
            const promptTokens = Math.ceil(ask.text.length / 4);
            summaryCost += costOf(SMALL_PRICE, { ...NO_TOKENS, promptTokens, completionTokens: text.length / 4 });
            await new Promise<void>((resolve) => pending.push(resolve));
            return text;
          },
        });
        // The summarizer answers between two requests only: whoever waited for it would wait for ever.
        const waited = new Promise<undefined>((resolve) => setImmediate(resolve, undefined));
        result = await Promise.race([compacting, waited]);
        assert.ok(result !== undefined, `round ${round} waits for a summary`);
        assert.ok(result.kind === 'compacted' || result.why === 'short', JSON.stringify(result));
        const bytes = result.kind === 'compacted' ? result.body : body.bytes;
        tokens = (result.kind === 'compacted' ? result.tokensBefore : result.tokens) ?? Math.ceil(bytes.length / 4);
        const after = result.kind === 'compacted' ? result.tokensAfter : tokens;
        sent.push(after);
        whole.take(body.bytes, tokens);
        const changed = short.take(bytes, after);
        const turns = result.kind === 'compacted' ? result.turns : 0;
        if (turns === last) changedBetween = Math.max(changedBetween, changed);
        else {
          cuts++;
          changedAtCuts += changed;
        }
        last = turns;
        for (const resolve of pending.splice(0)) resolve();
        await new Promise((resolve) => setImmediate(resolve));
      }

      const totalCost = short.cost + summaryCost;
      const report = `tokens at the end ${tokens}, most sent ${Math.max(...sent)}, cuts ${cuts}, summaries ${asked.length}, changed between cuts ${changedBetween} B, at cuts ${changedAtCuts} B, cost $${(totalCost / 1e9).toFixed(2)} (summaries $${(summaryCost / 1e9).toFixed(2)}) against $${(whole.cost / 1e9).toFixed(2)}`;
      assert.ok(tokens > 175_000 && tokens < 200_000, report);
      assert.ok(Math.max(...sent) <= CAP, report);
      // Flat: the second hundred costs what the first does once the window is full.
      const mean = (from: number, to: number) => sent.slice(from, to).reduce((sum, one) => sum + one, 0) / (to - from);
      assert.ok(mean(150, 200) < mean(60, 110) * 1.15, report);
      // The brackets that close the request are all that is not there again.
      const closing = JSON.stringify(requestAfter(dialect, all, 1), null, 1).length;
      assert.ok(changedBetween <= closing, report);
      assert.ok(cuts >= 5 && cuts <= 12, report);
      assert.ok(asked.length >= cuts && asked.length <= cuts + 1, report);
      assert.ok(totalCost < whole.cost * 0.55, report);
      assert.ok(
        asked.every(
          ({ text, maxTokens }) =>
            maxTokens === limitsOf({ maxInputTokens: CAP, keepTurns: 6 }).summaryTokens && text.length / 4 < CAP,
        ),
        report,
      );
      // Each summary is made of the one before, not of the whole past.
      assert.ok(
        asked.slice(1).every(({ text }) => text.startsWith('[summary of what came before]\nSummary ')),
        report,
      );
      assert.ok(result?.kind === 'compacted');
      assert.match(compactionLabel(result), /^turns=\d+;tokens=1\d{5}->\d{5}$/);
      if (process.env.SHOW) console.log(dialect, report);
    });
  }
});
