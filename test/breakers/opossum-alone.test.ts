import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import CircuitBreaker from 'opossum';

/**
 * Why there is anything of ours around opossum: what the library does by itself in the situations of `circuit-rules.test.ts` and
 * `circuit-opening.test.ts`. A test that fails here after an update means that a part of our own may go.
 */

type Act = () => Promise<unknown>;

const made: CircuitBreaker<[Act]>[] = [];

function breaker(options: CircuitBreaker.Options<[Act]> = {}): CircuitBreaker<[Act]> {
  const one = new CircuitBreaker((act: Act) => act(), { timeout: false, resetTimeout: 60_000, ...options });
  made.push(one);
  return one;
}

/** What the caller of `fire` would see, as a value. */
function fire(one: CircuitBreaker<[Act]>, act: Act): Promise<string> {
  return one.fire(act).then(
    () => 'ok',
    (error: Error & { code?: string }) => error.code ?? error.message,
  );
}

const succeed: Act = async () => 'answer';
const fail: Act = async () => {
  throw new Error('failed');
};
const hang: Act = () => new Promise(() => {});

/** An action that ends when told. */
function pending(): { act: Act; resolve: () => void } {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  return { act: () => promise, resolve: () => resolve('late') };
}

describe('opossum alone', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] }));
  afterEach(() => {
    for (const one of made.splice(0)) one.shutdown();
    mock.timers.reset();
  });

  it('1. closes on a neutral outcome of the probe when it is filtered, and opens when it is not', async () => {
    for (const [errorFilter, closed] of [
      [() => true, true],
      [() => false, false],
    ] as const) {
      const one = breaker({ errorFilter });
      one.open();
      mock.timers.tick(60_000);
      assert.equal(one.halfOpen, true);
      await fire(one, fail);
      assert.equal(one.closed, closed);
      assert.equal(one.opened, !closed);
    }
  });

  it('2. closes on the late success of a call begun before the opening', async () => {
    const one = breaker();
    const early = pending();
    const answer = fire(one, early.act);
    one.open();
    mock.timers.tick(60_000);
    early.resolve();
    await answer;
    assert.equal(one.closed, true);
  });

  it('3. is wedged by a probe that never settles', async () => {
    const one = breaker();
    one.open();
    mock.timers.tick(60_000);
    void fire(one, hang);
    mock.timers.tick(24 * 3_600_000);
    assert.equal(await fire(one, succeed), 'EOPENBREAKER');
  });

  it('4. dilutes the rate by calls in flight, and never trips on calls longer than its window', async () => {
    const diluted = breaker({ volumeThreshold: 8 });
    for (let i = 0; i < 10; i++) void fire(diluted, hang);
    for (let i = 0; i < 8; i++) await fire(diluted, fail);
    assert.equal(diluted.closed, true, '8 of 8 completed calls have failed');

    const long = breaker({ volumeThreshold: 20, rollingCountTimeout: 30_000 });
    const calls = Array.from({ length: 20 }, () => {
      const { promise, reject } = Promise.withResolvers<unknown>();
      return { answer: fire(long, () => promise), reject };
    });
    mock.timers.tick(300_000);
    for (const call of calls) call.reject(new Error('timed out'));
    await Promise.all(calls.map((call) => call.answer));
    assert.equal(long.closed, true, '20 of 20 calls have failed');
  });

  it('5. opens because it is full', async () => {
    const one = breaker({ capacity: 1 });
    void fire(one, hang);
    for (let i = 0; i < 2; i++) assert.equal(await fire(one, succeed), 'ESEMLOCKED');
    assert.equal(one.opened, true);
  });

  it('6. aborts a sibling when one call times out', async () => {
    const abortController = new AbortController();
    const one = breaker({ timeout: 10_000, abortController });
    const first = fire(one, hang);
    mock.timers.tick(9_000);
    void fire(one, hang);
    mock.timers.tick(1_000);
    assert.equal(await first, 'ETIMEDOUT');
    assert.equal(abortController.signal.aborted, true, 'the second had nine seconds left');
  });

  it('7. takes the headers of a stream for its success', async () => {
    const one = breaker();
    let broken = false;
    async function* stream(): AsyncGenerator<string> {
      yield 'a token';
      broken = true;
      throw new Error('cut');
    }
    const answer = await one.fire(async () => stream());
    await assert.rejects(async () => {
      for await (const _token of answer as AsyncGenerator<string>);
    });
    assert.equal(broken, true);
    assert.equal(one.stats.successes, 1);
    assert.equal(one.stats.failures, 0);
  });

  it('8. probes at the same interval for as long as the outage lasts', async () => {
    const one = breaker();
    await fire(one, fail);
    for (let i = 0; i < 10; i++) {
      assert.equal(one.opened, true);
      mock.timers.tick(60_000);
      assert.equal(one.halfOpen, true);
      await fire(one, fail);
    }
  });

  it('9. refuses the last target left', async () => {
    const [primary, fallback] = [breaker(), breaker()];
    primary.open();
    fallback.open();
    assert.equal(await fire(primary, succeed), 'EOPENBREAKER');
    assert.equal(await fire(fallback, succeed), 'EOPENBREAKER');
  });

  it('opens on the first failure of all, and knows no failures in a row', async () => {
    const one = breaker();
    await fire(one, fail);
    assert.equal(one.opened, true);
    const patient = breaker({ volumeThreshold: 5 });
    for (let i = 0; i < 5; i++) await fire(patient, succeed);
    for (let i = 0; i < 5; i++) await fire(patient, fail);
    assert.equal(patient.closed, true, 'five in a row are half of ten');
  });
});
