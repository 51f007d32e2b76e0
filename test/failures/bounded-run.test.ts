import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RanTooLong, runBounded } from '../../src/failures/bounded-run.ts';

/** Gives up its turn without computing, as on a machine that is busy with others. */
const sleep = (ms: number) => () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

function ended(run: () => void, ms: number): RanTooLong {
  try {
    runBounded(run, ms);
  } catch (error) {
    assert.ok(error instanceof RanTooLong);
    return error;
  }
  return assert.fail('it was not ended');
}

describe('a computation under a time limit', () => {
  test('gives what it computes, and throws what it throws', () => {
    assert.equal(
      runBounded(() => 6 * 7, 1_000),
      42,
    );
    assert.throws(
      () =>
        runBounded(() => {
          throw new TypeError('no');
        }, 1_000),
      TypeError,
    );
  });

  test('is ended in the middle', () => {
    const error = ended(() => {
      for (;;);
    }, 50);
    assert.match(error.message, /ended after 50 ms/);
  });

  test('that did not get the time to compute is not to blame', () => {
    assert.ok(ended(sleep(10_000), 100).cpuMs < 50);
  });
});
