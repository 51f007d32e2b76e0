import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DayClock } from '../day/day-clock.ts';
import { plainCosine } from '../day/plain-cosine.ts';
import { question } from '../day/traffic/agent.ts';
import { generateDay } from '../day/traffic/day.ts';
import { SMALL_DAY } from '../day/traffic/size.ts';
import { UpstreamBill } from '../day/upstream/bill.ts';
import { isRight, QUALITY } from '../day/upstream/models.ts';
import { PromptCache } from '../day/upstream/prompt-cache.ts';

describe('the clock of a replayed day', () => {
  it('stands still until it is moved, and ends the waits on its way in order', () => {
    const clock = new DayClock(1_000);
    const ended: [string, number][] = [];
    clock.setTimeout(() => {
      ended.push(['second', clock.now()]);
      clock.setTimeout(() => ended.push(['asked for on the way', clock.now()]), 100);
    }, 500);
    clock.setTimeout(() => ended.push(['first', clock.now()]), 200);
    clock.clearTimeout(clock.setTimeout(() => ended.push(['taken back', clock.now()]), 300));
    const last = clock.setTimeout(() => ended.push(['too late', clock.now()]), 5_000);
    assert.equal(clock.now(), 1_000);
    clock.moveTo(3_000);
    assert.deepEqual(ended, [
      ['first', 1_200],
      ['second', 1_500],
      ['asked for on the way', 1_600],
    ]);
    assert.equal(clock.now(), 3_000);
    clock.moveTo(2_000);
    assert.equal(clock.now(), 3_000);
    clock.clearTimeout(last);
  });
});

describe('the generated day', () => {
  const day = generateDay(5, SMALL_DAY);

  it('is the same for the same seed, and in order', () => {
    const told = (seed: number) =>
      generateDay(seed, SMALL_DAY).requests.map(({ id, at, text, body }) => ({ id, at, text, body: body(false) }));
    assert.deepEqual(told(5), told(5));
    assert.notDeepEqual(told(5), told(6));
    assert.ok(day.requests.every(({ at }, n) => at >= (day.requests[n - 1]?.at ?? 0)));
  });

  it('has an answer of its own for every question of every tenant', () => {
    const truths = new Map(day.requests.map(({ question: { id, truth } }) => [id, truth]));
    assert.equal(new Set(truths.values()).size, truths.size);
  });

  it('catches a cache that goes by nearness alone', () => {
    const { served, wrong } = plainCosine(day, 0.8);
    assert.ok(wrong > 20 && wrong < served, `${wrong} of ${served}`);
  });
});

describe('the upstream', () => {
  it('bills cached input at its own price', () => {
    const bill = new UpstreamBill();
    const line = { model: 'strong', purpose: 'answer', question: undefined } as const;
    assert.equal(
      bill.add({ ...line, input: 2_000, cached: 1_024, output: 10 }).cost,
      976 * 3_000 + 1_024 * 300 + 150_000,
    );
    assert.equal(bill.total, 3_385_200);
  });

  it('reads from its cache what a prompt has in common with one of the last five minutes', () => {
    const cache = new PromptCache();
    const parts = ['system', 'first', 'second'].map((text) => ({ text, tokens: 700 }));
    assert.equal(cache.read('strong', parts.slice(0, 2), 0), 0);
    assert.equal(cache.read('strong', parts, 1_000), 1_280);
    assert.equal(cache.read('mid', parts, 1_000), 0);
    assert.equal(cache.read('strong', [{ text: 'other', tokens: 700 }, ...parts], 1_000), 0);
    assert.equal(cache.read('strong', parts.slice(0, 1), 1_000), 0);
    assert.equal(cache.read('strong', parts, 400_000), 0);
  });

  it('is as often right as it is said to be, and what is hard for one model is hard for the others', () => {
    const asked = Array.from({ length: 4_000 }, (_, n) => question('t', 'reasoning', `q${n}`));
    const right = (model: 'small' | 'strong') => asked.filter((one) => isRight(one, model, 9));
    for (const model of ['small', 'strong'] as const)
      assert.ok(Math.abs(right(model).length / asked.length - QUALITY.reasoning[model]) < 0.03);
    const strong = new Set(right('strong'));
    assert.ok(right('small').filter((one) => !strong.has(one)).length < 0.03 * asked.length);
  });
});
