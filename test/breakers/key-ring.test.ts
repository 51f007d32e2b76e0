import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Key, KeyRing, KeyRings } from '../../src/breakers/key-ring.ts';
import { FakeClock } from './fake-clock.ts';

const A: Key = { id: 'a', secret: 'sk-a' };
const B: Key = { id: 'b', secret: 'sk-b' };
const C: Key = { id: 'c', secret: 'sk-c' };

function picks(ring: KeyRing, count: number, exclude?: ReadonlySet<string>): string {
  return Array.from({ length: count }, () => ring.pick(exclude)?.id ?? '-').join('');
}

describe('a key ring', () => {
  it('gives its keys in turn', () => {
    assert.equal(picks(new KeyRing([A, B, C], new FakeClock()), 7), 'abcabca');
  });

  it('passes over a key that cools down, until its time is up', () => {
    const clock = new FakeClock();
    const ring = new KeyRing([A, B, C], clock);
    ring.cooldown('b', 1_000);
    assert.equal(picks(ring, 4), 'acac');
    assert.equal(ring.usable(), 2);
    clock.advance(1_000);
    assert.equal(picks(ring, 3), 'abc');
  });

  it('passes over keys the request has tried', () => {
    const ring = new KeyRing([A, B, C], new FakeClock());
    assert.equal(picks(ring, 2, new Set(['a', 'c'])), 'bb');
    assert.equal(picks(ring, 1, new Set(['a', 'b', 'c'])), '-');
    assert.equal(ring.nextUsableAt(), undefined, 'they are usable all the same');
  });

  it('says when the first key comes back once none is usable', () => {
    const clock = new FakeClock();
    const ring = new KeyRing([A, B], clock);
    ring.quarantine('a', 60_000, 'auth');
    assert.equal(ring.nextUsableAt(), undefined);
    ring.cooldown('b', 5_000);
    assert.equal(ring.pick(), undefined);
    assert.equal(ring.nextUsableAt(), clock.now() + 5_000);
    clock.advance(5_000);
    assert.equal(ring.pick(), B);
  });

  it('without keys gives none and waits for none', () => {
    const ring = new KeyRing([], new FakeClock());
    assert.equal(ring.pick(), undefined);
    assert.equal(ring.nextUsableAt(), undefined);
    assert.equal(ring.usable(), 0);
  });

  it('does not shorten a rest: the late 429 of another call does not end a quarantine', () => {
    const clock = new FakeClock();
    const ring = new KeyRing([A], clock);
    ring.quarantine('a', 3_600_000, 'quota');
    ring.cooldown('a', 1_000);
    clock.advance(2_000);
    assert.equal(ring.pick(), undefined);
    assert.deepEqual(ring.snapshot(), [{ id: 'a', usable: false, until: clock.now() + 3_598_000, reason: 'quota' }]);
  });

  it('waits for no nonsense', () => {
    const clock = new FakeClock();
    const ring = new KeyRing([A], clock);
    for (const ms of [Number.NaN, -1, 0]) ring.cooldown('a', ms);
    assert.equal(ring.usable(), 1);
    ring.quarantine('unknown', 1_000, 'auth');
    ring.quarantine('a', Number.POSITIVE_INFINITY, 'quota');
    assert.equal(ring.nextUsableAt(), clock.now() + 31 * 24 * 3_600_000);
  });

  it('does not rest an hour longer because the wall clock was put back', () => {
    const clock = new FakeClock();
    const ring = new KeyRing([A], clock);
    ring.cooldown('a', 1_000);
    clock.advance(-3_600_000);
    assert.equal(ring.pick(), A);
  });

  it('shows no secret', () => {
    const ring = new KeyRing([A], new FakeClock());
    assert.doesNotMatch(JSON.stringify(ring.snapshot()), /sk-/);
  });
});

describe('the key rings', () => {
  it('are one a provider', () => {
    const rings = new KeyRings(new FakeClock());
    const keys = [A, B];
    assert.equal(rings.get('openai', keys), rings.get('openai', keys));
    rings.get('openai', keys).quarantine('a', 1_000, 'auth');
    assert.equal(rings.get('other', [A]).usable(), 1);
    assert.deepEqual([...rings.rings().keys()], ['openai', 'other']);
  });

  it('remember a key over a reload as long as id and secret stay', () => {
    const rings = new KeyRings(new FakeClock());
    const before = rings.get('openai', [A, B]);
    before.quarantine('a', 60_000, 'auth');
    before.quarantine('b', 60_000, 'auth');
    const after = rings.get('openai', [{ ...A }, { id: 'b', secret: 'sk-new' }, C]);
    rings.retain(new Map([['openai', after.keys]]));
    assert.deepEqual(
      after.snapshot().map(({ id, usable }) => [id, usable]),
      [
        ['a', false],
        ['b', true],
        ['c', true],
      ],
    );
  });

  it('hear what requests under the old configuration still learn', () => {
    const rings = new KeyRings(new FakeClock());
    const before = rings.get('openai', [A]);
    const after = rings.get('openai', [{ ...A }]);
    before.quarantine('a', 60_000, 'auth');
    assert.equal(after.usable(), 0);
  });

  it('forget keys and providers that are gone', () => {
    const rings = new KeyRings(new FakeClock());
    rings.get('openai', [A, B]).quarantine('a', 60_000, 'auth');
    rings.get('gone', [A]);
    const left = [B];
    rings.get('openai', left);
    rings.retain(new Map([['openai', left]]));
    assert.deepEqual([...rings.rings().keys()], ['openai']);
    assert.equal(rings.get('openai', [A]).usable(), 1, 'taken back, it begins anew');
  });
});
