import * as z from 'zod';
import { ENDPOINTS } from '../dialects/endpoint.ts';
import { PRESET_NAMES, type ProviderAuth } from '../providers/presets.ts';
import { cacheSchema, onOff, routeCacheSchema } from './cache-schema.ts';
import { capabilitiesSchema } from './capabilities-schema.ts';
import { ANSWER_CHECKS, type ConcurrencyLimit, LOG_LEVELS } from './config.ts';
import { DEFAULT_ADAPTIVE } from './defaults.ts';
import { providerPriceOptions, targetPriceOptions } from './price-schema.ts';
import { routingSchema } from './routing-schema.ts';
import { duration, flag, integer, oneOf, shaped, share, size, text } from './schema-types.ts';
import { agentSettings } from './settings-schema.ts';
import { stateSchema } from './state-schema.ts';
import { adminSchema, tenantSchema } from './tenant-schema.ts';

const MANY = 1_000_000;

const listen = z.strictObject({
  host: text(
    'Address to listen on. Anything but a loopback address needs tenants, or `auth: none`. Default 127.0.0.1.',
  ).optional(),
  port: integer('Port to listen on; 0 takes a free one. Default 8080.', 0, 65_535).optional(),
});

const limits = z.strictObject({
  body: size('Largest request body; 413 past it. Default 32MiB.', 1024).optional(),
  bodies: size('Request bodies in flight, all together; further requests are shed. Default 512MiB.', 1024).optional(),
  answer: size('Largest upstream answer held in memory. Default 64MiB.', 1024).optional(),
  event: size('Largest single SSE event. Default 1MiB.', 1024).optional(),
  headers: size('Largest request head. Default 16KiB.', 1024).optional(),
  concurrency: integer('Requests in flight; further ones are shed. Default 1024.', 1, MANY).optional(),
  connections: integer('Client sockets accepted. Default 10000.', 1, MANY).optional(),
});

const auth = shaped<ProviderAuth>(
  (input) => {
    if (input === 'bearer' || input === 'none') return { ok: true, value: { kind: input } };
    const name = typeof input === 'object' && input !== null && 'header' in input ? input.header : undefined;
    const alone = typeof input === 'object' && input !== null && Object.keys(input).length === 1;
    if (alone && typeof name === 'string' && /^[A-Za-z0-9-]+$/.test(name)) {
      return { ok: true, value: { kind: 'header', name: name.toLowerCase() } };
    }
    return { ok: false, reason: 'expected bearer, none, or {header: NAME}' };
  },
  {
    anyOf: [
      { enum: ['bearer', 'none'] },
      { type: 'object', properties: { header: { type: 'string' } }, required: ['header'], additionalProperties: false },
    ],
  },
  'How the key is sent: `bearer`, `none`, or `{header: x-api-key}`. Default: the preset’s, else bearer.',
);

const concurrency = shaped<ConcurrencyLimit>(
  readConcurrency,
  {
    anyOf: [
      { enum: ['none', 'adaptive'] },
      { type: 'integer', minimum: 1, maximum: MANY },
      {
        type: 'object',
        properties: { min: { type: 'integer', minimum: 1 }, max: { type: 'integer', minimum: 1 } },
        additionalProperties: false,
      },
    ],
  },
  'Requests in flight to each of its models: `none`, a number, `adaptive`, or `{min: 4, max: 256}`. Default none.',
);

const paths = z.strictObject({
  chat: text('Default /chat/completions. May hold {model}.').optional(),
  completions: text('Default /completions.').optional(),
  embeddings: text('Default /embeddings.').optional(),
  messages: text('Default /messages.').optional(),
  responses: text('Default /responses.').optional(),
  countTokens: text('Default /messages/count_tokens.').optional(),
  models: text('Default /models.').optional(),
});

export const providerSchema = z.strictObject({
  preset: oneOf(
    PRESET_NAMES,
    'A known provider under a name of your own. Default: the preset of the same name, if any.',
  ).optional(),
  dialect: oneOf(
    ['openai', 'anthropic'],
    'The API it has: chat completions, or Anthropic’s Messages. Default: the preset’s, else openai.',
    ['gemini'],
  ).optional(),
  speaks: z
    .array(oneOf(ENDPOINTS, 'A kind of call.'))
    .min(1)
    .meta({
      description:
        'The kinds of call it has, where they differ from its dialect’s: chat, completions, embeddings, messages, responses, count-tokens.',
    })
    .optional(),
  baseUrl: text('Where its API begins, with /v1 where it has one. Presets know theirs, except azure.').optional(),
  region: text('bedrock only: the AWS region.').optional(),
  apiVersion: text('azure only: use the dated API with this api-version instead of the v1 API.').optional(),
  apiKey: text('The key. Without one, a hosted preset passes the client’s own Authorization on.').optional(),
  apiKeys: z
    .array(text('A key.'))
    .min(1)
    .meta({ description: 'Several keys, used in turn; a rejected one is put aside.' })
    .optional(),
  passthrough: flag(
    'Send the client’s own Authorization upstream. Default: true for a hosted preset without a key.',
  ).optional(),
  auth: auth.optional(),
  headers: z
    .record(z.string(), text('A header value.'))
    .meta({ description: 'Headers added to every call.' })
    .optional(),
  query: z
    .record(z.string(), text('A query value.'))
    .meta({ description: 'Query parameters added to every call.' })
    .optional(),
  paths: paths.optional(),
  streamUsage: flag(
    'It accepts stream_options.include_usage. Default: the preset’s; false for other base URLs.',
  ).optional(),
  concurrency: concurrency.optional(),
  connections: integer(
    'The most sockets to it. A request that finds none free waits for one within timeouts.connect. Default: as many as there are requests.',
    1,
    65_535,
  ).optional(),
  http2: flag('Speak HTTP/2 where it offers it. Default false.').optional(),
  ca: text('PEM file with the authority of a private TLS certificate; relative to this file.').optional(),
  ...providerPriceOptions,
});

const circuit = z.strictObject({
  failures: integer('Failures in a row that open it. Default 5.', 1, MANY).optional(),
  rate: share('Share of failures in the window that opens it. Default 0.5.').optional(),
  minimumVolume: integer('Calls in the window below which the rate says nothing. Default 20.', 1, MANY).optional(),
  window: duration('Default 30s.').optional(),
  openFor: duration('First open time; grows with every failed probe. Default 60s.').optional(),
  maxOpenFor: duration('Cap of the growing open time. Default 10m.').optional(),
  probeTimeout: duration('A probe that is not done by then has failed. Default 30s.').optional(),
});

const settings = {
  ...agentSettings,
  circuit: circuit.optional(),
  hedge: flag('Start the next target beside one that is later than usual. Default false.').optional(),
  validate: z
    .array(oneOf(ANSWER_CHECKS, 'A check.'))
    .meta({ description: 'Checks an answer must pass. Default none.' })
    .optional(),
  fallbackOn: z
    .array(oneOf(['content_blocked'], 'A failure class.'))
    .meta({ description: 'Failures that go to the next target only on request. Default none.' })
    .optional(),
};

export const settingsSchema = z.strictObject(settings);

const targetObject = z.strictObject({
  target: text('provider/model'),
  contextWindow: integer('Tokens it can read. A longer request skips it.', 1, 1_000_000_000).optional(),
  maxOutputTokens: integer(
    'Tokens it can write: the cap on the answer where its dialect demands one and the client named none. Default: the model’s where it is known, else 8192.',
    1,
    1_000_000_000,
  ).optional(),
  capabilities: capabilitiesSchema
    .meta({ description: 'What it can and cannot do. A request that needs what it cannot do skips it.' })
    .optional(),
  ...targetPriceOptions,
});

const chainModelSchema = z.strictObject({
  targets: z
    .array(
      z
        .preprocess((input) => (typeof input === 'string' ? { target: input } : input), targetObject)
        .meta({ orString: true }),
    )
    .min(1)
    .meta({ description: 'The fallback chain, in order.' })
    .optional(),
  route: text('A policy of routing.policies, which chooses among other models. In the place of targets.').optional(),
  fallback: z
    .strictObject({
      cache: duration('A kept answer so old may stand in, labelled as degraded, when every target failed.').optional(),
      static: text('Answered, labelled as degraded, when every target failed.').optional(),
    })
    .optional(),
  cache: routeCacheSchema.optional(),
  ...settings,
});

export const modelSchema = chainModelSchema.meta({ oneOfKeys: ['targets', 'route'] });

export const fileSchema = z.strictObject({
  listen: listen.optional(),
  auth: oneOf(['none'], 'Written out, it lets anybody who reaches the address use the proxy.').optional(),
  limits: limits.optional(),
  drain: duration('How long requests in flight may finish after SIGTERM. Default 30s.', { least: 0 }).optional(),
  providers: z
    .record(z.string(), providerSchema)
    .meta({ description: 'Upstreams by name. Without it, they are taken from the environment.' })
    .optional(),
  models: z
    .record(z.string(), modelSchema)
    .meta({ description: 'Names that clients may ask for, with their fallback chains.' })
    .optional(),
  defaults: settingsSchema.meta({ description: 'Settings of every model that does not say otherwise.' }).optional(),
  tenants: z
    .record(z.string(), tenantSchema)
    .meta({ description: 'Who may use the proxy, and how much. With it, every request needs a key.' })
    .optional(),
  admin: adminSchema.optional(),
  state: stateSchema.optional(),
  cache: cacheSchema.optional(),
  routing: routingSchema.optional(),
  telemetry: z
    .strictObject({
      log: oneOf(LOG_LEVELS, 'Log level. Default info.').optional(),
      audit: onOff('Keep account of what system prompts and tools cost, for GET /admin/audit. Default off.').optional(),
    })
    .optional(),
});

export type FileShape = z.output<typeof fileSchema>;
export type ProviderShape = z.output<typeof providerSchema>;
export type ModelShape = z.output<typeof modelSchema>;
export type SettingsShape = z.output<typeof settingsSchema>;

function readConcurrency(input: unknown): { ok: true; value: ConcurrencyLimit } | { ok: false; reason: string } {
  const reason = `expected none, a whole number from 1 to ${MANY}, adaptive, or {min: 4, max: 256}`;
  if (input === 'none') return { ok: true, value: { kind: 'none' } };
  if (input === 'adaptive') return { ok: true, value: { kind: 'adaptive', ...DEFAULT_ADAPTIVE } };
  const limit = readCount(input);
  if (limit !== undefined) return { ok: true, value: { kind: 'fixed', limit } };
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return { ok: false, reason };
  const given: { min?: unknown; max?: unknown } = input;
  const min = given.min === undefined ? DEFAULT_ADAPTIVE.min : readCount(given.min);
  const max = given.max === undefined ? Math.max(DEFAULT_ADAPTIVE.max, min ?? 0) : readCount(given.max);
  const known = Object.keys(input).every((key) => key === 'min' || key === 'max');
  if (min === undefined || max === undefined || !known) return { ok: false, reason };
  if (min > max) return { ok: false, reason: `min is above max` };
  return { ok: true, value: { kind: 'adaptive', min, max } };
}

function readCount(input: unknown): number | undefined {
  const value = typeof input === 'string' && /^\d{1,7}$/.test(input) ? Number(input) : input;
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= MANY ? value : undefined;
}
