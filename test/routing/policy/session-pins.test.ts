import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SharedPinStore } from '../../../src/routing/policy/pins/pin-store.ts';
import { type Pin, SessionPins } from '../../../src/routing/policy/session-pins.ts';

const pin = (model: string, at = 1): Pin => ({ model, at, tokens: 10 });

/** What all replicas share; `away`: it can neither be read nor written. */
class SharedPins implements SharedPinStore {
  readonly shared = true;
  readonly pins = new Map<string, Pin>();
  away = false;
  reads = 0;

  async find(session: string): Promise<Pin | undefined> {
    this.reads++;
    if (this.away) throw new Error('gone');
    return this.pins.get(session);
  }

  async keep(session: string, pin: Pin): Promise<void> {
    if (this.away) throw new Error('gone');
    this.pins.set(session, pin);
  }

  close(): void {}
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

function replicas(store: SharedPins) {
  return [new SessionPins(), new SessionPins()].map((pins) => {
    pins.keepIn(store);
    return pins;
  }) as [SessionPins, SessionPins];
}

describe('pins of replicas', () => {
  test('are known to each other once they have asked', async () => {
    const [one, other] = replicas(new SharedPins());
    one.set('s', pin('cheap'));
    assert.equal(other.get('s'), undefined);
    await other.learn('s');
    assert.deepEqual(other.get('s'), pin('cheap'));
    other.moved('s', 'smart');
    await one.learn('s');
    assert.equal(one.get('s')?.model, 'smart', 'whatever it was here before');
  });

  test('stay as they are here where the store has none, or cannot be read', async () => {
    const store = new SharedPins();
    const [one] = replicas(store);
    one.set('s', pin('cheap'));
    await turn();
    store.pins.clear();
    await one.learn('s');
    assert.equal(one.get('s')?.model, 'cheap');
    store.away = true;
    await one.learn('s');
    assert.equal(one.get('s')?.model, 'cheap');
  });

  test('that could not be told count here, and are told with the next turn', async () => {
    const store = new SharedPins();
    const [one, other] = replicas(store);
    store.pins.set('s', pin('cheap'));
    store.away = true;
    one.set('s', pin('smart', 2));
    await turn();
    store.away = false;
    assert.equal(one.learn('s'), undefined);
    assert.equal(one.get('s')?.model, 'smart');
    one.set('s', pin('smart', 3));
    await turn();
    await other.learn('s');
    assert.deepEqual(other.get('s'), pin('smart', 3));
    other.set('s', pin('cheap', 4));
    await one.learn('s');
    assert.deepEqual(one.get('s'), pin('cheap', 4), 'it was told, so others know better from now on');
  });

  test('that went on while they were asked for are not set back', async () => {
    const store = new SharedPins();
    const [one] = replicas(store);
    store.pins.set('s', pin('cheap'));
    const learning = one.learn('s');
    one.set('s', pin('smart', 2));
    await learning;
    assert.equal(one.get('s')?.model, 'smart');
  });

  test('are waited for nowhere but there', () => {
    const pins = new SessionPins();
    pins.set('s', pin('cheap'));
    assert.equal(pins.learn('s'), undefined);
    assert.equal(pins.shared, false);
    const kept = new Map([['t', pin('smart')]]);
    const find = (session: string) => kept.get(session);
    pins.keepIn({ shared: false, find, keep: (session, one) => void kept.set(session, one), close: () => undefined });
    assert.equal(pins.learn('t'), undefined);
    assert.deepEqual([pins.get('s')?.model, pins.get('t')?.model], ['cheap', 'smart']);
  });
});
