import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { QUESTION } from '../../cache/rig.ts';
import { CHEAP, cascadeRig, DEAR } from './cascade-rig.ts';

const ASK = { model: 'auto', messages: QUESTION };

describe('what a cascade keeps in the cache', () => {
  for (const [cheap, cascade, target] of [
    ['sim-ok', 'kept', 'a/sim-ok'],
    ['sim-refusal', 'escalated:refused', 'b/sim-other-text'],
  ] as const) {
    it(`is given again to the same request: an answer that was ${cascade}`, async (t) => {
      const r = await cascadeRig(t, { cheap, strong: 'sim-other-text', cache: '{exact: on}' });
      const first = await r.tell(ASK);
      assert.deepEqual([first.cascade, first.cache, first.target], [cascade, 'miss', target]);
      const { asked } = r;
      const again = await r.tell(ASK);
      assert.match(again.cache ?? '', /^exact; age/);
      assert.equal(again.target, target);
      assert.deepEqual(r.asked, asked);
    });

    it(`is never given to whoever names one of its models: an answer that was ${cascade}`, async (t) => {
      const r = await cascadeRig(t, { cheap, strong: 'sim-other-text', cache: '{exact: on}' });
      await r.tell(ASK);
      for (const model of ['small', 'large']) assert.equal((await r.tell({ ...ASK, model })).cache, 'miss', model);
      // Nor the other way round.
      const { text } = await r.tell({ ...ASK, model: 'small' });
      assert.notEqual((await r.tell({ ...ASK, messages: [{ role: 'user', content: 'hi' }] })).text, text);
    });
  }

  it('is nothing of a fallback', async (t) => {
    const r = await cascadeRig(t, {
      cheap: '',
      cache: '{exact: on}',
      models: `
  small: {targets: [{target: a/sim-refusal, ${CHEAP}}]}
  large: {targets: [{target: b/sim-500, ${DEAR}}, {target: b/sim-ok, ${DEAR}}], retries: {max: 0}}
  auto: {route: by-task}
`,
    });
    assert.equal((await r.tell(ASK)).breakwater, 'degraded');
    assert.equal((await r.tell(ASK)).cache, 'miss');
  });
});
