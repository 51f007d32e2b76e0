import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type RunEvidence, rateHolds, runToTrip } from '../../src/breakers/evidence.ts';
import { DEFAULT_CIRCUIT_SETTINGS } from '../../src/breakers/settings.ts';
import { UsualShare } from '../../src/breakers/usual-share.ts';

const FIVE: RunEvidence = { run: 5, delivering: 0, undecided: 0, usual: undefined };

describe('failures in a row that open a circuit', () => {
  const cases: [string, Partial<RunEvidence>, number][] = [
    ['the configured ones while little is known', {}, 5],
    ['the configured ones for a target that never failed', { usual: 0 }, 5],
    ['the configured ones for a target that fails one call in ten', { usual: 0.1 }, 5],
    ['eight at one in five', { usual: 0.2 }, 8],
    ['ten at three in ten', { usual: 0.3 }, 10],
    ['never more than twice the configured for a bad target', { usual: 0.9 }, 10],
    ['the same for one that always fails', { usual: 1 }, 10],
    ['one more for every call begun in the run that is undecided', { undecided: 30 }, 35],
    ['the configured ones while fewer deliver than have failed', { delivering: 4 }, 5],
    ['none while as many deliver as have failed', { run: 30, delivering: 30 }, Number.POSITIVE_INFINITY],
  ];
  for (const [name, evidence, expected] of cases) {
    it(name, () => assert.equal(runToTrip(DEFAULT_CIRCUIT_SETTINGS, { ...FIVE, ...evidence }), expected));
  }
});

describe('a failure rate that is too high', () => {
  const cases: [string, completed: number, failures: number, undecided: number, usual: number | undefined, boolean][] =
    [
      ['holds while little else is known', 20, 11, 0, undefined, true],
      ['does not hold while undecided calls could bring it down', 20, 11, 2, undefined, false],
      ['holds when they could not', 20, 20, 10, undefined, true],
      ['does not hold as a bad spell of a middling target', 20, 14, 0, 0.3, false],
      ['holds when it is more than that', 20, 15, 0, 0.3, true],
      ['holds sooner over many calls', 200, 101, 0, 0.3, true],
      ['holds for a target that has become worse than allowed', 20, 11, 0, 0.55, true],
    ];
  for (const [name, completed, failures, undecided, usual, expected] of cases) {
    it(name, () =>
      assert.equal(rateHolds(DEFAULT_CIRCUIT_SETTINGS, { completed, failures }, { undecided, usual }), expected),
    );
  }
});

describe('the usual share of failures', () => {
  it('is unknown until enough calls were seen before the run', () => {
    const usual = new UsualShare();
    for (let i = 0; i < 20; i++) usual.succeeded();
    assert.equal(usual.before(0, 20), 0);
    assert.equal(usual.before(1, 20), undefined);
  });

  it('leaves out the run it is compared with', () => {
    const usual = new UsualShare();
    for (let i = 0; i < 20; i++) usual.succeeded();
    for (let i = 0; i < 5; i++) usual.failed();
    assert.equal(usual.before(5, 20), 0);
  });

  it('counts a call that broke after its first token once', () => {
    const usual = new UsualShare();
    for (let i = 0; i < 4; i++) usual.succeeded();
    usual.brokeAfterAll();
    assert.equal(usual.before(0, 1), 0.25);
  });

  it('follows a target that has become better', () => {
    const usual = new UsualShare();
    for (let i = 0; i < 10_000; i++) usual.failed();
    for (let i = 0; i < 1_000; i++) usual.succeeded();
    assert.ok((usual.before(0, 1) ?? 1) < 0.1);
  });
});
