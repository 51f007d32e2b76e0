import * as z from 'zod';
import { MONEY_PATTERN, PERCENT_PATTERN, PERIOD_MS, parseAmount, parsePercent } from './amounts.ts';
import { ANSWER_CHECKERS, type JudgeBudget, MULTI_TURN, SEMANTIC_MODES, VECTOR_INDEXES } from './cache-config.ts';
import { POOLINGS } from './onnx/onnx-model.ts';
import { duration, flag, integer, oneOf, type Reading, shaped, share, size, text } from './schema-types.ts';

const VARIABLE = { type: 'string', pattern: '\\$\\{[A-Za-z_]' } as const;
const HEX_KEY = /^[0-9a-fA-F]{64}$/;
const BASE64_KEY = /^[A-Za-z0-9+/_-]{43}=?$/;
/** Below it nothing is left of an answer worth keeping. */
const LEAST_BYTES = 1024;
const MOST_DIMENSIONS = 65_536;
const MOST_TOKENS = 65_536;

/** `on` and `off`, which YAML 1.2 reads as text. */
export const onOff = (description: string) =>
  shaped<boolean>(readSwitch, { anyOf: [{ enum: ['on', 'off'] }, { type: 'boolean' }, VARIABLE] }, description);

const encryptionKey = shaped<string>(
  (input) => {
    if (typeof input === 'string' && HEX_KEY.test(input)) return { ok: true, value: input.toLowerCase() };
    if (typeof input === 'string' && BASE64_KEY.test(input))
      return { ok: true, value: Buffer.from(input, 'base64').toString('hex') };
    return { ok: false, reason: 'expected 32 bytes, as 64 hex digits or in base64' };
  },
  { type: 'string', minLength: 1 },
  'Encrypts answers on disk and in Redis (AES-256-GCM): 32 bytes, in hex or base64. Default: they are not encrypted.',
);

const enabled = flag('Default true where options are written.').optional();

const exactOptions = z.strictObject({
  enabled,
  ttl: duration('How long an answer is served. Default 1h.').optional(),
  maxBytes: size('All answers kept. Default 256MiB.', LEAST_BYTES).optional(),
  perTenant: size('What one tenant may fill of it. Default 64MiB.', LEAST_BYTES).optional(),
  maxEntry: size('The largest answer that is kept. Default 1MiB.', LEAST_BYTES).optional(),
});

const routeExactOptions = z.strictObject({
  enabled,
  ttl: duration('How long an answer of this route is served. Default: cache.exact.ttl.').optional(),
});

const judge = z.strictObject({
  target: text('The model that is asked: provider/model.'),
  band: share('Cosines up to so far above the threshold are judged. Default 0.03.').optional(),
  timeout: duration('Without an answer by then, it is no hit. Default 2s.').optional(),
  budget: shaped<Omit<JudgeBudget, 'name'>>(
    readBudget,
    {
      anyOf: [
        { type: 'string', pattern: `^(${MONEY_PATTERN})\\s?/\\s?(${Object.keys(PERIOD_MS).join('|')})$` },
        VARIABLE,
      ],
    },
    'What judging may cost: $1/day. Default: no limit.',
  ).optional(),
});

const semanticOptions = z.strictObject({
  threshold: share('Least cosine of a hit. Default: the embedder’s own.').optional(),
  mode: oneOf(SEMANTIC_MODES, 'off, shadow (only counts), live, certified. Default shadow.').optional(),
  epsilon: shaped<number>(
    parsePercent,
    { anyOf: [{ type: 'string', pattern: PERCENT_PATTERN }, VARIABLE] },
    'The share of hits that may be wrong. Default 2%.',
  ).optional(),
  judge: judge.meta({ description: 'A model that decides near the threshold. Default none.' }).optional(),
  checker: oneOf(
    ANSWER_CHECKERS,
    'What compares would-be hits with live answers: exact, embedding, judge. Default judge where there is one, else exact.',
  ).optional(),
  index: oneOf(VECTOR_INDEXES, 'Where vectors are kept. Default memory.').optional(),
  multiTurn: oneOf(
    MULTI_TURN,
    'Requests with earlier turns: off, or exact-prefix (among those with the same ones to the byte). Default off.',
  ).optional(),
});

const embedder = z.strictObject({
  target: text('An embeddings model: provider/model.').optional(),
  dimensions: integer('What its vectors are to have.', 1, MOST_DIMENSIONS).optional(),
  local: onOff('The model that comes with the proxy: weak, for shadow mode only.').optional(),
  onnx: text('A folder with a sentence-embedding model of your own: model.onnx and tokenizer.json.').optional(),
  pooling: oneOf(
    POOLINGS,
    'How vectors of tokens become one: mean, cls. Default: as 1_Pooling/config.json says.',
  ).optional(),
  maxTokens: integer('Longer texts get no vector. Default: what the model was made for.', 1, MOST_TOKENS).optional(),
  prefix: text('Written before every text: "query: ". Default: none, or the model’s own prompt.').optional(),
  timeout: duration('Without a vector by then, the cache is left out. Default 2s.').optional(),
});

export const cacheSchema = z
  .strictObject({
    exact: switchOr(exactOptions, 'The exact cache of every route: on, off, or its options. Default off.').optional(),
    encryptionKey: encryptionKey.optional(),
    epoch: text('Part of every scope: change it to leave behind all that was kept.').optional(),
    perUser: flag('Users do not share answers. Default false.').optional(),
    coalesce: flag('Identical requests under way share one call. Default false.').optional(),
    staleIfError: duration('An answer so old may stand in when every target failed. Default: none.').optional(),
    idempotency: switchOr(
      z.strictObject({ enabled, ttl: duration('How long an answer is kept for repeats. Default 24h.').optional() }),
      'Heed idempotency keys: on, off, or {ttl: 24h}. Default off.',
    ).optional(),
    embedder: embedder.meta({ description: 'What makes vectors for semantic caches.' }).optional(),
    semantic: semanticOptions.meta({ description: 'What holds for the routes that have a semantic cache.' }).optional(),
  })
  .meta({ description: 'Answers that are kept and given again.' });

/** `models.NAME.cache` */
export const routeCacheSchema = z
  .strictObject({
    exact: switchOr(routeExactOptions, 'The exact cache of this route. Default: cache.exact.').optional(),
    perUser: flag('Users do not share answers. Default: cache.perUser.').optional(),
    coalesce: flag('Identical requests under way share one call. Default: cache.coalesce.').optional(),
    staleIfError: duration('The same as fallback.cache. Default: cache.staleIfError.').optional(),
    semantic: switchOr(
      semanticOptions.extend({ enabled }),
      'A semantic cache: on, off, or its options. Default off.',
    ).optional(),
  })
  .meta({ description: 'What is kept of this model’s answers.' });

/** `cache` of a tenant or an agent. */
export const agentCacheSchema = z
  .strictObject({
    exact: onOff('May be answered from exact caches. Default on.').optional(),
    semantic: onOff('May be answered from semantic caches. Default on.').optional(),
    threshold: share('Least cosine of a semantic hit, in place of the route’s.').optional(),
  })
  .meta({ description: 'How routes’ caches are used for it.' });

export type CacheShape = z.output<typeof cacheSchema>;
export type RouteCacheShape = z.output<typeof routeCacheSchema>;
export type SemanticShape = z.output<typeof semanticOptions>;
export type EmbedderShape = z.output<typeof embedder>;

/** `on` for all defaults, `off`, or options, which imply `on`. */
function switchOr<T extends z.ZodType>(options: T, description: string) {
  return z
    .preprocess((input) => {
      const read = readSwitch(input);
      return read.ok ? { enabled: read.value } : input;
    }, options)
    .meta({ description, orSwitch: true });
}

function readSwitch(input: unknown): Reading<boolean> {
  if (input === 'on' || input === true || input === 'true') return { ok: true, value: true };
  if (input === 'off' || input === false || input === 'false') return { ok: true, value: false };
  return { ok: false, reason: 'expected on or off' };
}

/** `$1/day`. */
export function readBudget(input: unknown): Reading<Omit<JudgeBudget, 'name'>> {
  const reason = 'expected money in a time, such as "$1/day"';
  const [money, period, ...more] = typeof input === 'string' ? input.split('/') : [];
  const amount = parseAmount(money?.trim());
  const name = period?.trim() ?? '';
  const periodMs = Object.hasOwn(PERIOD_MS, name) ? PERIOD_MS[name] : undefined;
  if (!amount.ok || amount.value.unit !== 'usd' || periodMs === undefined || more.length > 0)
    return { ok: false, reason };
  return { ok: true, value: { limit: amount.value.limit, periodMs } };
}
