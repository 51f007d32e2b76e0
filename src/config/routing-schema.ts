import * as z from 'zod';
import { MONEY_PATTERN, PERIOD_MS } from './amounts.ts';
import { onOff, readBudget } from './cache-schema.ts';
import { EVIDENCE_CHECKERS, type EvidenceBudget } from './routing-config.ts';
import { duration, oneOf, type Reading, shaped, share, text } from './schema-types.ts';

const VARIABLE = { type: 'string', pattern: '\\$\\{[A-Za-z_]' } as const;
const PERCENT_PATTERN = '^\\d{1,3}(\\.\\d{1,6})?\\s?%$';
const POINTS_PATTERN = '^\\d{1,3}(\\.\\d{1,6})?\\s?(pt|%)$';
const PERCENT = new RegExp(PERCENT_PATTERN);
const POINTS = new RegExp(POINTS_PATTERN);

/** `5%` to 0.05; `0%` and `off` are none at all. */
const percentage = (description: string) =>
  shaped<number>(
    readPercentage,
    { anyOf: [{ type: 'string', pattern: PERCENT_PATTERN }, { enum: ['off'] }, VARIABLE] },
    description,
  );

const judge = z.strictObject({
  target: text('The model that is asked: provider/model.'),
  timeout: duration('Without an answer by then, nothing is learned of the two. Default 10s.').optional(),
});

const evidence = z.strictObject({
  reference: text('The tier that others are measured against. Default: the last one.').optional(),
  delta: shaped<number>(
    readPoints,
    { anyOf: [{ type: 'string', pattern: POINTS_PATTERN }, VARIABLE] },
    'The loss that is accepted: points of a hundred, or percent. Default 5pt.',
  ).optional(),
  shadow: percentage('Share of requests that both models are asked. Default 5%.').optional(),
  canary: percentage('Share of requests that the cheap model serves before it is admitted. Default 10%.').optional(),
  budget: shaped<EvidenceBudget>(
    readBudget,
    {
      anyOf: [
        { type: 'string', pattern: `^(${MONEY_PATTERN})\\s?/\\s?(${Object.keys(PERIOD_MS).join('|')})$` },
        VARIABLE,
      ],
    },
    'What asking both and judging may cost: $5/day. Default: no limit.',
  ).optional(),
  checker: oneOf(
    EVIDENCE_CHECKERS,
    'What compares two answers: exact, schema, code, judge. Default: judge where there is one, else exact.',
  ).optional(),
  judge: judge.meta({ description: 'A model that compares two answers.' }).optional(),
});

export const routingPolicySchema = z.strictObject({
  rules: z
    .array(
      z.strictObject({
        task: text('What the request is taken for.'),
        contains: z
          .preprocess(
            (input) => (typeof input === 'string' ? [input] : input),
            z.array(text('A phrase; capital letters do not matter.')).min(1),
          )
          .meta({ description: 'One of these in the user’s last turn is enough.', orItem: true }),
      }),
    )
    .meta({
      description: 'What a request is taken for: the first that fits. Default: see docs/routing.md. [] for none.',
    })
    .optional(),
  tasks: z
    .record(z.string(), text('A tier.'))
    .meta({ description: 'Tiers by task. A task that is not here goes to the default tier.' })
    .optional(),
  tiers: z.record(z.string(), text('A configured model.')).meta({ description: 'Models by tier, the cheapest first.' }),
  default: text('The tier of what no rule fits. Default: the last one.').optional(),
  bumpAt: share('Complexity above which a request goes one tier up, 0 to 1; 1 is never. Default 0.8.').optional(),
  score: z
    .strictObject({
      file: text('What `breakwater route calibrate` wrote; relative to this file.'),
      strongAbove: share('Rank of the score above which a request goes one tier up. Default 0.7.').optional(),
    })
    .meta({ description: 'A calibrated score that bumps in the place of complexity.' })
    .optional(),
  evidence: evidence
    .meta({ description: 'Serve a cheaper model only where it is shown to lose little. Default: tiers as written.' })
    .optional(),
  cascade: onOff('Ask the cheap model first where its answer can be checked. Default off.').optional(),
  pin: onOff('Sessions stay with their model inside tool loops. Default on.').optional(),
});

export const routingSchema = z
  .strictObject({
    policies: z
      .record(z.string(), routingPolicySchema)
      .meta({ description: 'Policies by name; `models.NAME.route` names one.' })
      .optional(),
  })
  .meta({ description: 'Which model serves a request that names none.' });

export type RoutingPolicyShape = z.output<typeof routingPolicySchema>;
export type EvidenceShape = z.output<typeof evidence>;

function readPercentage(input: unknown): Reading<number> {
  if (input === 'off' || input === false) return { ok: true, value: 0 };
  const value = typeof input === 'string' && PERCENT.test(input) ? Number.parseFloat(input) / 100 : Number.NaN;
  return value <= 1 ? { ok: true, value } : { ok: false, reason: 'expected a percentage such as "5%", or off' };
}

function readPoints(input: unknown): Reading<number> {
  const value = typeof input === 'string' && POINTS.test(input) ? Number.parseFloat(input) / 100 : 0;
  if (value > 0 && value <= 1) return { ok: true, value };
  return { ok: false, reason: 'expected points of a hundred such as "5pt", above zero' };
}
