import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Roster } from '../src/roster.ts';

class One {
  place = -1;
}

describe('a roster', () => {
  it('holds what a set would, whatever comes and goes', () => {
    const steps = fc.array(fc.record({ who: fc.nat(7), comes: fc.boolean() }), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (taken) => {
        const people = Array.from({ length: 8 }, () => new One());
        const roster = new Roster<One>();
        const set = new Set<One>();
        for (const { who, comes } of taken) {
          const one = people[who] ?? new One();
          if (comes) {
            roster.add(one);
            set.add(one);
          } else assert.equal(roster.delete(one), set.delete(one));
          assert.equal(roster.size, set.size);
          for (const other of people) assert.equal(roster.has(other), set.has(other));
          assert.deepEqual(new Set(roster.list()), set);
        }
      }),
    );
  });

  it('may be left while it is gone through', () => {
    const roster = new Roster<One>();
    const people = [new One(), new One(), new One()];
    for (const one of people) roster.add(one);
    for (const one of roster.list()) assert.equal(roster.delete(one), true);
    assert.equal(roster.size, 0);
  });
});
