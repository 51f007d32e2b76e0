import type { CacheConfig } from './cache-config.ts';
import type { Limits, Listen, LogLevel, ModelSettings } from './config.ts';
import { deepFreeze } from './freeze.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export const DEFAULT_LISTEN: Listen = deepFreeze({ host: '127.0.0.1', port: 8080 });

export const DEFAULT_LIMITS: Limits = deepFreeze({
  body: 32 * MIB,
  bodies: 512 * MIB,
  answer: 64 * MIB,
  event: MIB,
  headers: 16 * KIB,
  concurrency: 1024,
  connections: 10_000,
});

export const DEFAULT_DRAIN = 30 * SECOND;

export const DEFAULT_LOG_LEVEL: LogLevel = 'info';

/** The cap sent where a dialect demands one and nobody knows the model's: every current Claude writes at least as much. */
export const DEFAULT_MAX_OUTPUT_TOKENS = 8192;

export const DEFAULT_ADAPTIVE = deepFreeze({ min: 4, max: 256 });

export const DEFAULT_MODEL_SETTINGS: ModelSettings = deepFreeze({
  timeouts: {
    connect: 3 * SECOND,
    firstToken: 30 * SECOND,
    stall: 30 * SECOND,
    total: 10 * MINUTE,
    embeddings: 10 * SECOND,
  },
  retries: { max: 2 },
  stream: { commit: 'first-delta', onBreak: 'error' },
  circuit: {
    failures: 5,
    rate: 0.5,
    minimumVolume: 20,
    window: 30 * SECOND,
    openFor: MINUTE,
    maxOpenFor: 10 * MINUTE,
    probeTimeout: 30 * SECOND,
  },
  hedge: false,
  validate: [],
  fallbackOn: [],
  cache: {
    exact: false,
    ttl: HOUR,
    perUser: false,
    coalesce: false,
    staleIfError: undefined,
    semantic: undefined,
  },
});

export const DEFAULT_CACHE: CacheConfig = deepFreeze({
  maxBytes: 256 * MIB,
  perTenant: 64 * MIB,
  maxEntry: MIB,
  encryptionKey: undefined,
  epoch: '',
  idempotency: undefined,
  embedder: undefined,
});

/** How long an answer is kept for repeats under the same idempotency key. */
export const DEFAULT_IDEMPOTENCY_TTL = 24 * HOUR;
