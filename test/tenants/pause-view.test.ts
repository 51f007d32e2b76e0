import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PausedScope } from '../../src/state/budget-store.ts';
import { PauseView } from '../../src/tenants/pause-view.ts';
import { FakeClock } from '../breakers/fake-clock.ts';
import { key, TenantRig } from './rig.ts';

const RIG = new TenantRig(`
  acme: {keys: ["${key('acme')}"]}
`);
const identityOf = (headers: Readonly<Record<string, string>> = {}) =>
  RIG.identity({ ...headers, 'x-api-key': key('acme') });
const paused = (scope: string): PausedScope => ({ scope, reason: 'too dear', since: 0 });

describe('a view of what is paused', () => {
  it('refuses who belongs to a paused scope, and nobody else', async () => {
    const found = [paused('agent:coder'), paused('session:s1')];
    const view = new PauseView({ paused: () => found }, new FakeClock(0));
    const codeOf = async (agent: string, session = 's0') =>
      (await view.find(identityOf({ 'x-breakwater-agent': agent, 'x-breakwater-session': session })))?.code;
    assert.equal(await codeOf('coder'), 'scope_paused');
    assert.equal(await codeOf('other', 's1'), 'scope_paused');
    assert.equal(await codeOf('other'), undefined);
  });

  it('asks a store that takes a round trip once a second for each tenant', async () => {
    const clock = new FakeClock(0);
    let found: readonly PausedScope[] = [];
    let asked = 0;
    const view = new PauseView(
      {
        paused: async () => {
          asked++;
          return found;
        },
      },
      clock,
    );
    const find = async () => (await view.find(identityOf()))?.code;
    assert.deepEqual(await Promise.all([find(), find()]), [undefined, undefined]);
    assert.equal(asked, 1);
    found = [paused('tenant')];
    assert.equal(await find(), undefined);
    clock.advance(1_000);
    assert.equal(await find(), 'scope_paused');
    assert.equal(asked, 2);
    found = [];
    view.forget('acme');
    assert.equal(await find(), undefined);
  });

  it('holds what it knew where the store is away', async () => {
    const clock = new FakeClock(0);
    let isAway = false;
    const view = new PauseView(
      { paused: async () => (isAway ? Promise.reject(new Error('away')) : [paused('tenant')]) },
      clock,
    );
    const find = async () => (await view.find(identityOf()))?.code;
    assert.equal(await find(), 'scope_paused');
    isAway = true;
    clock.advance(5_000);
    assert.equal(await find(), 'scope_paused');
  });
});
