import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import type { Timer } from '../../src/clock.ts';
import type { Overrides } from '../../src/config/assemble.ts';
import type { Config } from '../../src/config/config.ts';
import { withSimulatorUrl } from '../../src/config/from-environment.ts';
import type { Environment } from '../../src/config/interpolate.ts';
import { hashKey } from '../../src/config/key-hash.ts';
import { loadConfig } from '../../src/config/load.ts';
import { type ConfigWatch, watchConfig } from '../../src/config/reload.ts';
import { FakeClock } from '../breakers/fake-clock.ts';

const PROVIDERS = 'providers: {openai: {apiKey: k}}\n';
const withDrain = (drain: string): string => `${PROVIDERS}drain: ${drain}\n`;

/** A fake clock that tells when something was scheduled: that is, when the file system reported a change. */
class WatchedClock extends FakeClock {
  #waiting: (() => void)[] = [];

  override setTimeout(callback: () => void, ms: number): Timer {
    const timer = super.setTimeout(callback, ms);
    for (const resolve of this.#waiting.splice(0)) resolve();
    return timer;
  }

  scheduled(): Promise<void> {
    return this.pending > 0 ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }
}

let folder: string;
let file: string;
let clock: WatchedClock;
let signals: EventEmitter;
let watching: ConfigWatch | undefined;
let changes: { config: Config; notices: readonly string[] }[];
let errors: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-reload-'));
  file = join(folder, 'breakwater.yaml');
  clock = new WatchedClock();
  signals = new EventEmitter();
  changes = [];
  errors = [];
});

afterEach(() => {
  watching?.close();
  rmSync(folder, { recursive: true, force: true });
});

function start(
  source: string,
  options: { env?: Environment; overrides?: Overrides; config?: (config: Config) => Config } = {},
): void {
  writeFileSync(file, source);
  const { env = {}, overrides = {}, config = (loaded) => loaded } = options;
  watching = watchConfig({
    path: file,
    env,
    overrides,
    config: config(loadConfig(file, env, overrides)),
    clock,
    signals,
    onChange: (changed, notices) => changes.push({ config: changed, notices }),
    onError: (error) => errors.push(error.message),
  });
}

/** Waits for the file system's word, then for the quiet after it. */
async function settle(): Promise<void> {
  await clock.scheduled();
  clock.advance(100);
}

test('a file that is written again is loaded', async () => {
  start(withDrain('1s'));
  writeFileSync(file, withDrain('2s'));
  await settle();
  assert.deepEqual(
    changes.map(({ config }) => config.drain),
    [2000],
  );
  assert.deepEqual(errors, []);
});

test('a file that another is renamed over is loaded, every time', async () => {
  start(withDrain('1s'));
  for (const seconds of [2, 3, 4]) {
    writeFileSync(`${file}.tmp`, withDrain(`${seconds}s`));
    renameSync(`${file}.tmp`, file);
    await settle();
  }
  assert.deepEqual(
    changes.map(({ config }) => config.drain),
    [2000, 3000, 4000],
  );
});

test('a file that is deleted and written anew is loaded', async () => {
  start(withDrain('1s'));
  unlinkSync(file);
  writeFileSync(file, withDrain('2s'));
  await settle();
  assert.deepEqual(
    changes.map(({ config }) => config.drain),
    [2000],
  );
});

test('a mounted ConfigMap, whose link is swapped, is loaded', async () => {
  writeFileSync(join(folder, 'v1.yaml'), withDrain('1s'));
  writeFileSync(join(folder, 'v2.yaml'), withDrain('2s'));
  symlinkSync('v1.yaml', join(folder, '..data'));
  symlinkSync('..data', file);
  start(withDrain('1s'));
  symlinkSync('v2.yaml', join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  await settle();
  assert.deepEqual(
    changes.map(({ config }) => config.drain),
    [2000],
  );
});

test('many writes in a row are one reload', async () => {
  start(withDrain('1s'));
  for (let i = 2; i < 20; i++) writeFileSync(file, withDrain(`${i}s`));
  await settle();
  assert.deepEqual(
    changes.map(({ config }) => config.drain),
    [19_000],
  );
});

test('the same text again, and other files beside it, reload nothing', async () => {
  start(withDrain('1s'));
  writeFileSync(join(folder, 'other.yaml'), 'x');
  writeFileSync(file, withDrain('1s'));
  await settle();
  assert.equal(changes.length, 0);
  assert.deepEqual(errors, []);
});

test('SIGHUP loads the file whether it changed or not', () => {
  start(withDrain('1s'));
  signals.emit('SIGHUP');
  signals.emit('SIGHUP');
  assert.equal(changes.length, 2);
});

test('a bad file is reported with its places and the old configuration stays; a good one follows', async () => {
  start(withDrain('1s'));
  writeFileSync(file, withDrain('1'));
  await settle();
  assert.deepEqual(errors, [
    `${file}:2:8: drain: 1: a duration needs a unit: write "1s" for seconds or "1ms" for milliseconds`,
  ]);
  assert.equal(changes.length, 0);
  writeFileSync(file, withDrain('3s'));
  await settle();
  assert.deepEqual(
    changes.map(({ config }) => config.drain),
    [3000],
  );
});

test('a file that is gone is reported, and its return is a reload', async () => {
  start(withDrain('1s'));
  unlinkSync(file);
  await settle();
  assert.deepEqual(errors, [`${file}: cannot be read: ENOENT`]);
  writeFileSync(file, withDrain('2s'));
  await settle();
  assert.deepEqual(
    changes.map(({ config }) => config.drain),
    [2000],
  );
});

test('another address is announced as waiting for a restart', () => {
  start(PROVIDERS);
  writeFileSync(file, `${PROVIDERS}listen: {port: 9999}`);
  signals.emit('SIGHUP');
  assert.deepEqual(changes[0]?.notices, [
    'listen changed from 127.0.0.1:8080 to 127.0.0.1:9999: it takes effect after a restart.',
  ]);
});

test('what waits for a restart is said until the file is as the process began, and not of the way back', () => {
  start(PROVIDERS);
  for (const more of ['listen: {port: 9999}', 'listen: {port: 9999}', '']) {
    writeFileSync(file, `${PROVIDERS}${more}`);
    signals.emit('SIGHUP');
  }
  assert.deepEqual(
    changes.map(({ notices }) => notices.length),
    [1, 1, 0],
  );
});

test('what the command line said is said again at every reload', () => {
  start(PROVIDERS, { overrides: { port: 5 } });
  writeFileSync(file, `${PROVIDERS}listen: {port: 9999}`);
  signals.emit('SIGHUP');
  assert.equal(changes[0]?.config.listen.port, 5);
  assert.deepEqual(changes[0]?.notices, []);
});

test('the simulator goes on at the port where it was started', () => {
  start('drain: 1s', { config: (config) => withSimulatorUrl(config, 4321) });
  signals.emit('SIGHUP');
  assert.equal(changes[0]?.config.providers.get('sim')?.baseUrl, 'http://127.0.0.1:4321/v1');
});

test('the simulator never takes over from providers', () => {
  start(PROVIDERS);
  writeFileSync(file, 'drain: 1s');
  signals.emit('SIGHUP');
  assert.equal(changes.length, 0);
  assert.deepEqual(errors, [`${file}: providers: leaves no provider; the simulator stands in at a start only`]);
});

test('after close nothing is heard of signals, changes or timers', async () => {
  start(withDrain('1s'));
  writeFileSync(file, withDrain('2s'));
  await clock.scheduled();
  watching?.close();
  clock.advance(1000);
  signals.emit('SIGHUP');
  assert.equal(changes.length, 0);
  assert.equal(signals.listenerCount('SIGHUP'), 0);
  assert.equal(clock.pending, 0);
});

test('a folder that cannot be watched is reported, and SIGHUP still works', () => {
  start(withDrain('1s'));
  const config = loadConfig(file, {});
  const other = watchConfig({
    path: join(folder, 'nowhere', 'b.yaml'),
    env: {},
    config,
    clock,
    signals,
    onChange: () => assert.fail('there is no such file'),
    onError: (error) => errors.push(error.message),
  });
  assert.equal(errors.length, 2);
  assert.match(errors[1] ?? '', /cannot be watched \(SIGHUP still reloads it\)/);
  other.close();
});

test('tenants change without a restart, where they are kept does not', () => {
  const tenants = (key: string) =>
    `${PROVIDERS}tenants: {acme: {keys: [${key.padEnd(20, 'x')}], budget: {limit: $5, per: day}}}\n`;
  start(tenants('one'));
  writeFileSync(file, `${tenants('two')}state: memory\n`);
  watching?.reload();
  assert.equal(changes[0]?.config.tenants.get('acme')?.keys[0]?.hash, hashKey('two'.padEnd(20, 'x')));
  assert.deepEqual(changes[0]?.notices, ['state changed: it takes effect after a restart.']);
});

test('an open address keeps its tenants: a file that drops them is refused', () => {
  start(`${PROVIDERS}listen: {host: 0.0.0.0}\ntenants: {acme: {keys: [${'k'.repeat(20)}]}}\n`);
  writeFileSync(file, `${PROVIDERS}listen: {host: 0.0.0.0}\n`);
  watching?.reload();
  assert.equal(changes.length, 0);
  assert.match(errors[0] ?? '', /open to other machines/);
});
