import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConditionalPrice, calcPrice, type ModelInfo } from '@pydantic/genai-prices';
import fc from 'fast-check';
import { listedPrice, readListed } from '../../src/prices/price-list.ts';

const priced = (dollars: number, constraint?: ConditionalPrice['constraint']): ConditionalPrice => ({
  prices: { input_mtok: dollars, output_mtok: 1 },
  ...(constraint === undefined ? {} : { constraint }),
});
const pad = (value: number): string => String(value).padStart(2, '0');
const time = fc
  .tuple(fc.nat({ max: 23 }), fc.nat({ max: 59 }), fc.nat({ max: 59 }), fc.constantFrom('Z', '+08:00', '-05:30'))
  .map(([hours, minutes, seconds, zone]) => `${pad(hours)}:${pad(minutes)}:${pad(seconds)}${zone}`);
const day = fc.constantFrom('2026-11-20', '2026-11-21', '2026-11-22');
const constraint: fc.Arbitrary<ConditionalPrice['constraint']> = fc.oneof(
  fc.constant(undefined),
  day.map((start_date) => ({ type: 'start_date' as const, start_date })),
  fc.tuple(time, time).map(([start_time, end_time]) => ({ type: 'time_of_date' as const, start_time, end_time })),
);

test('of dated prices and prices by the time of day, the same holds that the package takes', () => {
  const moments = fc.integer({
    min: Date.parse('2026-11-19T00:00:00Z') / 1000,
    max: Date.parse('2026-11-24T00:00:00Z') / 1000,
  });
  fc.assert(
    fc.property(
      fc.array(constraint, { minLength: 1, maxLength: 4 }),
      moments,
      fc.constantFrom(0, 0, 999),
      (given, second, ms) => {
        const at = second * 1000 + ms;
        const model: ModelInfo = {
          id: 'm',
          match: { equals: 'm' },
          prices: given.map((each, index) => priced(index + 1, each)),
        };
        const provider = { id: 'p', name: 'p', api_pattern: 'x', models: [model] };
        const theirs = calcPrice({ input_tokens: 1_000_000 }, 'm', { provider, timestamp: new Date(at) });
        const ours = listedPrice(readListed(model), at);
        assert.ok(ours?.kind === 'priced');
        assert.equal(ours.tiers[0].input, Math.round((theirs?.total_price ?? 0) * 1e6));
      },
    ),
    { numRuns: 3000 },
  );
});
