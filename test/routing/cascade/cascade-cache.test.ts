import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { ALL_ENDPOINTS, QUESTION } from '../../cache/rig.ts';
import { embeddingServer } from '../../cache/semantic/embedding-server.ts';
import { topic } from '../../cache/semantic/rig.ts';
import { type CascadeRig, CHEAP, cascadeRig, DEAR } from './cascade-rig.ts';

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

  it('is nothing where one of its models keeps nothing', async (t) => {
    const r = await cascadeRig(t, { cheap: 'sim-ok', cache: '{exact: on}', cheapMore: ', cache: {exact: off}' });
    for (let time = 0; time < 2; time++) assert.equal((await r.tell(ASK)).cache, null);
  });

  it('is for one user where one of its models tells users apart', async (t) => {
    const r = await cascadeRig(t, { cheap: 'sim-ok', cache: '{exact: on}', cheapMore: ', cache: {perUser: true}' });
    const by = (user?: string) => r.tell(ASK, user === undefined ? {} : { headers: { 'x-breakwater-user': user } });
    assert.equal((await by('ann')).cache, 'miss');
    assert.match((await by('ann')).cache ?? '', /^exact/);
    assert.equal((await by('bob')).cache, 'miss');
    assert.equal((await by()).cache, 'bypass; reason=no-user');
  });

  const near = async (t: TestContext, semantic: string) => {
    const embedder = await embeddingServer(t);
    const prices = 'prices: {"*": {input: $1, output: $0}}';
    return cascadeRig(t, {
      cheap: 'sim-ok',
      strong: 'sim-ok',
      providers: `providers:
  a: {baseUrl: "up(a)", apiKey: k, ${ALL_ENDPOINTS}}
  b: {baseUrl: "up(b)", apiKey: k, ${ALL_ENDPOINTS}}
  e: {baseUrl: "${embedder.baseUrl}", apiKey: k, speaks: [embeddings], ${prices}}\n`,
      cache: `{exact: off, embedder: {target: e/vectors, timeout: 60s}, semantic: ${semantic}}`,
      cheapMore: ', cache: {semantic: on}',
      strongMore: ', cache: {semantic: on}',
    });
  };
  const asking = async (r: CascadeRig, model: string, content: string) => {
    const told = await r.tell({ model, messages: [{ role: 'user', content }] });
    await r.proxy.runtime.semantic?.settled();
    return told;
  };

  it('answers near questions to the policy, and to nobody else', async (t) => {
    const r = await near(t, '{mode: live, threshold: 0.75}');
    assert.equal((await asking(r, 'auto', topic('How do', 1))).cascade, 'kept');
    const { cache, target } = await asking(r, 'auto', topic('How can', 1));
    assert.match(cache ?? '', /^semantic/);
    assert.equal(target, 'a/sim-ok');
    for (const model of ['small', 'large'])
      assert.equal((await asking(r, model, topic('How can', 1))).cache, 'miss; reason=not-found', model);
  });

  it('has a certificate of its own, and leaves that of the strong model alone', async (t) => {
    const r = await near(t, '{mode: certified, epsilon: 20%}');
    for (let at = 0; at < 8; at++)
      for (const form of ['How do', 'How can'])
        for (const model of ['auto', 'large']) await asking(r, model, topic(form, at));
    const certificates = (await r.proxy.runtime.semantic?.report())?.certificates ?? [];
    assert.deepEqual(
      certificates.map(({ route, certificate }) => [route, certificate.wouldBeHits, certificate.lookups]),
      [
        ['small+large', 8, 15],
        ['large', 8, 15],
      ],
    );
  });
});
