import * as z from 'zod';
import {
  AMOUNT_PATTERN,
  PERCENT_PATTERN,
  parseAmount,
  parsePercent,
  parseRate,
  parseTimes,
  RATE_PATTERN,
  TIMES_PATTERN,
} from './amounts.ts';
import { agentCacheSchema } from './cache-schema.ts';
import { contextSchema } from './context-schema.ts';
import { duration, flag, integer, oneOf, type Reading, shaped, text } from './schema-types.ts';
import { agentSettings } from './settings-schema.ts';
import { didYouMean } from './suggest.ts';
import { BUDGET_PERIODS, WEBHOOK_EVENTS } from './tenant-config.ts';

/** Far above any sensible number of requests under way. */
const MOST_AT_ONCE = 1_000_000;

const keys = z
  .array(text('A key of at least 20 characters, or sha256: and its hash.'))
  .min(1)
  .meta({ description: 'Keys that clients send: ${VARIABLE}, or "sha256:" and the 64 hex digits of a key’s hash.' });

const budget = z
  .preprocess(
    (input) => (typeof input === 'object' && input !== null && !Array.isArray(input) ? [input] : input),
    z
      .array(
        z.strictObject({
          limit: pattern(parseAmount, AMOUNT_PATTERN, 'Money, tokens or requests: $5, 2M tokens, 1000 requests.'),
          per: oneOf(BUDGET_PERIODS, 'How long it has to last. session, task: each of them; total: for ever.'),
        }),
      )
      .min(1),
  )
  .meta({ description: 'One rule, or a list of rules that all hold.', orItem: true });

const limits = {
  budget: budget.optional(),
  rates: z
    .strictObject({
      requests: pattern(parseRate, RATE_PATTERN, 'Requests: 600/minute.').optional(),
      tokens: pattern(parseRate, RATE_PATTERN, 'Tokens, input and output: 2M/minute.').optional(),
    })
    .optional(),
  concurrency: integer('Requests under way at once.', 1, MOST_AT_ONCE).optional(),
};

const offOr = (description: string, least: number) =>
  shaped<number | 'off'>(
    (input) => {
      const value = typeof input === 'string' && /^\d{1,6}$/.test(input) ? Number(input) : input;
      if (value === 'off') return { ok: true, value };
      const sound = typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= MOST_AT_ONCE;
      return sound ? { ok: true, value } : { ok: false, reason: `expected a whole number from ${least}, or off` };
    },
    { anyOf: [{ type: 'integer', minimum: least }, { enum: ['off'] }, { type: 'string', pattern: '\\$\\{[A-Za-z_]' }] },
    description,
  );

const guard = z
  .strictObject({
    repeats: offOr('The same tool with the same arguments so often in a session. Default 5.', 2).optional(),
    toolCalls: offOr('Tool calls in a task. Default off.', 1).optional(),
    action: oneOf(['warn', 'block', 'off'], 'What follows. Default warn.').optional(),
  })
  .meta({ description: 'The loop guard.' });

/** What a tenant and each of its agents may have. */
const common = {
  keys: keys.optional(),
  models: z
    .array(text('A model’s name, or the beginning of names: openai/*.'))
    .min(1)
    .meta({ description: 'Models that may be asked for. Default all.' })
    .optional(),
  ...limits,
  over: oneOf(
    ['block', 'downgrade', 'cache-only'],
    'What happens to a request over a budget. Default block.',
  ).optional(),
  downgradeTo: text('The model asked in its place, where over is downgrade.').optional(),
  clamp: flag('Lower the answer’s cap to what the remainder buys, rather than refuse. Default false.').optional(),
  warnAt: pattern(parsePercent, PERCENT_PATTERN, 'From which part of a limit on it is warned. Default 80%.').optional(),
  chain: text('The model that a client gets who asks for the model "default".').optional(),
  ...agentSettings,
  guard: guard.optional(),
  cache: agentCacheSchema.optional(),
  context: contextSchema.optional(),
};

export const agentSchema = z.strictObject(common);

const webhook = z.strictObject({
  url: text('Where events are posted. https://, or http:// on this machine.'),
  secret: text('Signs what is posted; at least 16 characters.'),
  events: z
    .array(oneOf(WEBHOOK_EVENTS, 'An event.'))
    .min(1)
    .meta({ description: 'The events wanted. Default all.' })
    .optional(),
});

export const tenantSchema = z.strictObject({
  ...common,
  timeZone: shaped(
    readTimeZone,
    { type: 'string', minLength: 1 },
    'Of days, weeks and months. Default UTC.',
  ).optional(),
  users: z.strictObject(limits).meta({ description: 'Limits of each user.' }).optional(),
  agents: z
    .record(z.string(), agentSchema)
    .meta({ description: 'Agents by name, with limits beside the tenant’s; "*": every other agent.' })
    .optional(),
  moneyCircuit: z
    .strictObject({
      spike: shaped<number | 'off'>(
        (input) => (input === 'off' ? { ok: true, value: 'off' } : parseTimes(input)),
        { anyOf: [{ type: 'string', pattern: TIMES_PATTERN }, { enum: ['off'] }] },
        'A cost so many times the rolling average. Default 3x.',
      ).optional(),
      endsWithin: duration(
        'A rate of spending that would end the day’s budget within this time. Default 1h.',
      ).optional(),
      action: oneOf(['alert', 'pause', 'off'], 'What follows. Default alert.').optional(),
    })
    .meta({ description: 'Watches for money that goes faster than it should.' })
    .optional(),
  webhooks: z.array(webhook).meta({ description: 'Who is told of events.' }).optional(),
});

export const adminSchema = z
  .strictObject({ keys })
  .meta({ description: 'Who may use the admin API. Its keys are no client keys.' });

export type TenantShape = z.output<typeof tenantSchema>;
export type AgentShape = z.output<typeof agentSchema>;
export type LimitsShape = Pick<TenantShape, 'budget' | 'rates' | 'concurrency'>;
export type AdminShape = z.output<typeof adminSchema>;

function pattern<T>(read: (input: unknown) => Reading<T>, written: string, description: string) {
  const json = {
    anyOf: [
      { type: 'string', pattern: written },
      { type: 'string', pattern: '\\$\\{[A-Za-z_]' },
    ],
  };
  return shaped(read, json, description);
}

/** Names as written, with their proper spelling: asking takes 50 us, and a file may have thousands of tenants. */
const timeZones = new Map<string, string>();

function readTimeZone(input: unknown): Reading<string> {
  if (typeof input !== 'string' || input === '')
    return { ok: false, reason: 'expected a time zone such as Europe/Vienna' };
  const known = timeZones.get(input);
  if (known !== undefined) return { ok: true, value: known };
  try {
    const value = new Intl.DateTimeFormat('en', { timeZone: input }).resolvedOptions().timeZone;
    timeZones.set(input, value);
    return { ok: true, value };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { ok: false, reason: `no such time zone.${didYouMean(input, Intl.supportedValuesOf('timeZone'))}` };
  }
}
