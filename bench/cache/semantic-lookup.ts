import { randomBytes } from 'node:crypto';
import { AnswerCache } from '../../src/cache/answer-cache.ts';
import { semanticScope } from '../../src/cache/conversation-scope.ts';
import type { Embedder } from '../../src/cache/embedders/embedder.ts';
import { GUARD_VERSION } from '../../src/cache/guards/index.ts';
import { Idempotency } from '../../src/cache/idempotency/idempotency.ts';
import { LocalIdempotencyStore } from '../../src/cache/idempotency/local-store.ts';
import type { SemanticAsk } from '../../src/cache/semantic/semantic-ask.ts';
import { SemanticCache } from '../../src/cache/semantic/semantic-cache.ts';
import { VectorIndexes } from '../../src/cache/semantic/vector-indexes.ts';
import type { CacheStore } from '../../src/cache/store/cache-store.ts';
import { MemoryCacheStore } from '../../src/cache/store/memory-store.ts';
import type { VectorIndex, VectorSpace } from '../../src/cache/vectors/vector-index.ts';
import { systemClock } from '../../src/clock.ts';

const HOUR = 3_600_000;
const KEPT = 'What is the capital of France?';
const ASKED = "What's the capital of France?";
const BODY = Buffer.from(JSON.stringify({ choices: [{ message: { content: 'Paris, since 987.' } }] }));

const SETTING = 'bench';

/** Where the entries lie that lookups find. */
export function lookupPlace(store: CacheStore, { embedder, dimensions }: VectorSpace) {
  const scope = semanticScope(store.secret, SETTING, [embedder, String(dimensions), GUARD_VERSION]);
  return { tenant: 'acme', scope } as const;
}

/** The semantic cache over one index whose entries are at {@link lookupPlace}, with an embedder that takes no time. */
export class SemanticLookup {
  readonly #store: CacheStore;
  readonly #scope: string;
  readonly #semantic: SemanticCache;
  #vector: Float32Array = new Float32Array();

  constructor(index: VectorIndex, store: CacheStore) {
    this.#store = store;
    this.#scope = lookupPlace(store, index.space).scope;
    const trouble = (what: string, reason: string) => process.stderr.write(`trouble: ${what}: ${reason}\n`);
    const limits = { maxBytes: 1e9, perTenant: 1e9 };
    const clock = systemClock;
    const answers = new AnswerCache({
      store,
      idempotency: new Idempotency({
        store: new LocalIdempotencyStore(clock, new MemoryCacheStore({ clock, limits })),
        clock,
        random: Math.random,
        onTrouble: ({ what, message }) => trouble(what, message),
      }),
      terms: { ...limits, maxEntry: 1e6, epoch: '', idempotencyTtl: undefined },
      clock,
      random: Math.random,
      onTrouble: ({ what, message }) => trouble(what, message),
    });
    const embedder: Embedder = {
      id: index.space.embedder,
      dimensions: index.space.dimensions,
      shadowOnly: false,
      embed: async () => [this.#vector],
      close: () => undefined,
    };
    this.#semantic = new SemanticCache({
      embedder,
      embedTimeout: 10_000,
      indexes: new OneIndex(index),
      answers,
      holdForJudge: async () => undefined,
      askModel: () => Promise.reject(new Error('there is no judge')),
      clock,
      random: Math.random,
      events: {
        looked: () => undefined,
        vetoed: () => undefined,
        wouldHit: () => undefined,
        audited: () => undefined,
        certificate: () => undefined,
        trouble,
      },
    });
  }

  /** Keeps answers that these refs of the index's entries lead to. */
  async keep(refs: readonly string[]): Promise<void> {
    const now = systemClock.now();
    for (const key of refs)
      this.#store.put({
        key,
        tenant: 'acme',
        model: 'bench',
        user: undefined,
        tags: [],
        epoch: '',
        target: 'up/bench',
        createdAt: now,
        freshUntil: now + HOUR,
        keepUntil: now + HOUR,
        cost: 0,
        inputTokens: 8,
        cachedTokens: 0,
        outputTokens: 8,
        near: { scope: this.#scope, question: KEPT },
        body: BODY,
      });
    await this.#store.flush();
  }

  /** @returns the key of the answer that would be given */
  async find(vector: Float32Array): Promise<string | undefined> {
    this.#vector = vector;
    const { hit } = await this.#semantic.lookup(ask());
    return hit?.entry.key;
  }

  /** The index is its owner's. */
  close(): Promise<void> {
    return this.#semantic.close();
  }
}

/** A key as answers have them. */
export const answerKey = (): string => randomBytes(24).toString('base64url');

class OneIndex extends VectorIndexes {
  readonly #index: VectorIndex;

  constructor(index: VectorIndex) {
    super({
      clock: systemClock,
      maxBytes: 0,
      perTenant: 0,
      directory: undefined,
      redis: undefined,
      onTrouble: () => undefined,
    });
    this.#index = index;
  }

  override find(): VectorIndex {
    return this.#index;
  }
}

function ask(): SemanticAsk {
  return {
    tenant: 'acme',
    route: 'bench',
    fingerprint: 'bench',
    settings: {
      threshold: 0.9,
      mode: 'live',
      epsilon: 0.02,
      judge: undefined,
      checker: undefined,
      index: 'memory',
      multiTurn: 'off',
    },
    threshold: undefined,
    question: {
      text: ASKED,
      earlierTurns: 0,
      stored: false,
      tools: false,
      nonText: false,
      choices: 1,
      logprobs: false,
      temperature: 0,
    },
    epoch: '',
    maxAge: Number.POSITIVE_INFINITY,
    deadline: Number.POSITIVE_INFINITY,
    split: () => ({ setting: SETTING, question: ASKED }),
    textOf: (body) => body.toString('utf8'),
    onSpent: () => undefined,
  };
}
