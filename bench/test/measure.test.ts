import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { lookupIn, pairwise } from '../measure/figure.ts';
import { cpuBetween, readCpu, readRss } from '../measure/process-tree.ts';
import { digits, quantile, trend } from '../measure/statistics.ts';

/** 200 ms of CPU, the clock read seldom, because reading it costs too. */
const BURN = `
  const used = () => process.cpuUsage().user + process.cpuUsage().system;
  for (const end = used() + 200_000; used() < end; ) for (let turn = 0; turn < 1e6; turn++);`;

test('the CPU of a process counts its threads, its children and those that have ended', async () => {
  const script = `
    const { execFileSync } = require('node:child_process');
    const { Worker } = require('node:worker_threads');
    process.stdout.write('ready');
    process.stdin.once('data', () => {
      ${BURN}
      execFileSync(process.execPath, ['-e', ${JSON.stringify(BURN)}]);
      new Worker(${JSON.stringify(BURN)}, { eval: true }).once('exit', () => process.stdout.write('done'));
    });`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  assert.ok(child.pid !== undefined);
  try {
    await once(child.stdout, 'data');
    const before = readCpu(child.pid);
    child.stdin.write('go');
    await once(child.stdout, 'data');
    const ms = cpuBetween(before, readCpu(child.pid)) / 1e6;
    assert.ok(ms > 570 && ms < 3_000, `${ms} ms for three times 200 ms and three starts`);
    assert.ok(readRss(child.pid) > 20e6);
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

test('reading a process that is gone is an error, not a zero', () => {
  assert.throws(() => readCpu(2 ** 22 + 1), /is gone/);
});

test('quantiles are interpolated', () => {
  assert.equal(quantile([4, 1, 3, 2], 0.5), 2.5);
  assert.equal(quantile([1, 2, 3], 1), 3);
  assert.ok(Number.isNaN(quantile([], 0.5)));
});

test('a saw tooth has no slope beyond its noise, a leak under it has', () => {
  const teeth = (leak: number) => Array.from({ length: 120 }, (_, x) => ({ x, y: 100 + (x % 9) * 2 + x * leak }));
  const flat = trend(teeth(0));
  assert.ok(Math.abs(flat.slope) <= flat.margin, JSON.stringify(flat));
  const leaking = trend(teeth(0.5));
  assert.ok(leaking.slope - leaking.margin > 0.3, JSON.stringify(leaking));
});

test('a percentage near 100 is never rounded up to it', () => {
  assert.equal(digits(99.9999, true), '99.999');
  assert.equal(digits(100, true), '100');
  assert.equal(digits(99.36), '99.4');
  assert.equal(digits(0.12345), '0.123');
});

test('ratios are taken round by round', () => {
  const figure = { section: 'cpu', metric: 'm', circumstance: 'c' };
  const lookup = lookupIn([
    { ...figure, subject: 'bare', rounds: [10, 100, 10] },
    { ...figure, subject: 'breakwater', rounds: [20, 200, 30] },
  ]);
  assert.equal(
    pairwise(lookup('m', 'c', 'breakwater'), lookup('m', 'c', 'bare'), (a, b) => a / b),
    2,
  );
  assert.equal(
    pairwise(lookup('m', 'c', 'nginx'), lookup('m', 'c', 'bare'), (a, b) => a / b),
    undefined,
  );
});
