import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chat, type SemanticRig, semanticRig, topic } from './rig.ts';

const FRANCE = 'What is the capital of France?';
const FRANCE_TOO = "What's the capital of France?";

async function askBoth(rig: SemanticRig, at: number): Promise<string> {
  await rig.ask(topic('How do', at));
  await rig.proxy.runtime.semantic?.settled();
  const { cache } = await rig.ask(topic('How can', at));
  await rig.proxy.runtime.semantic?.settled();
  return cache ?? '';
}

describe('shadow', () => {
  test('never serves: would-be hits are logged, counted and audited', async (t) => {
    const rig = await semanticRig(t, { semantic: '{mode: shadow}', cache: 'exact: off' });
    for (let time = 0; time < 5; time++) {
      const { cache } = await rig.ask(FRANCE);
      assert.doesNotMatch(cache ?? '', /^semantic/);
      await rig.proxy.runtime.semantic?.settled();
    }
    assert.equal(rig.calls, 5);
    const logged = rig.events.filter(({ msg }) => msg === 'semantic cache: would have answered');
    assert.equal(logged.length, 4);
    assert.equal(Math.round(Number(logged[0]?.cosine) * 1000), 1000);
    assert.ok(!JSON.stringify(rig.events).includes('France'), 'no text of a question is logged');
    assert.match((await rig.metrics('breakwater_semantic_requests_total{')).join(), /result="shadow"} 4/);
  });
});

describe('certified', () => {
  const models = (epsilon: string) =>
    `{m: {targets: [a/sim-repeat], retries: {max: 0}, cache: {semantic: {mode: certified, epsilon: ${epsilon}}}}}`;

  test('goes live by itself when its audits allow it, and not before', async (t) => {
    const rig = await semanticRig(t, { models: models('20%') });
    const told: string[] = [];
    let certifiedAt: number | undefined;
    for (let at = 0; at < 100 && told.filter((cache) => cache.startsWith('semantic')).length < 3; at++) {
      told.push(await askBoth(rig, at));
      if (rig.events.some(({ msg }) => msg === 'semantic cache: certified')) certifiedAt ??= at;
    }
    const firstServed = told.findIndex((cache) => cache.startsWith('semantic'));
    assert.ok(certifiedAt !== undefined, 'it was certified');
    assert.ok(firstServed > certifiedAt, 'and only then served');
    // 50 would-be hits are only looked at, and at least 14 audits without an error are needed for 20%.
    assert.ok(firstServed >= 64, `served after ${firstServed} would-be hits`);
    const [report] = (await rig.proxy.runtime.semantic?.report())?.certificates ?? [];
    assert.equal(report?.certificate.state.kind, 'certified');
    assert.ok((report?.certificate.bound ?? 1) <= 0.2);
    const [bound] = await rig.metrics('breakwater_semantic_error_bound{');
    assert.equal(bound, `breakwater_semantic_error_bound{model="m"} ${report?.certificate.bound}`);
    assert.deepEqual(await rig.metrics('breakwater_semantic_certificates_total{'), [
      'breakwater_semantic_certificates_total{model="m",event="certified"} 1',
    ]);
  });

  test('never goes live where the answers differ', async (t) => {
    const rig = await semanticRig(t, { models: models('20%').replace('sim-repeat', 'gpt') });
    for (let at = 0; at < 80; at++) assert.doesNotMatch(await askBoth(rig, at), /^semantic/);
    const [report] = (await rig.proxy.runtime.semantic?.report())?.certificates ?? [];
    assert.equal(report?.certificate.state.kind, 'shadow');
    assert.ok((report?.certificate.audits.wrong ?? 0) > 10);
  });
});

describe('live', () => {
  test('without a checker nothing is audited, and every hit is served', async (t) => {
    const rig = await semanticRig(t);
    await rig.ask(FRANCE);
    await rig.proxy.runtime.semantic?.settled();
    for (let time = 0; time < 5; time++) assert.match((await rig.ask(FRANCE_TOO)).cache ?? '', /^semantic/);
  });

  test('with one a small share is answered live and compared', async (t) => {
    const rig = await semanticRig(t, {
      semantic: '{mode: live, threshold: 0.75, checker: exact}',
      cache: 'exact: off',
    });
    await rig.ask(FRANCE);
    await rig.proxy.runtime.semantic?.settled();
    let live = 0;
    for (let time = 0; time < 200; time++) {
      const { cache } = await rig.ask(FRANCE);
      if (cache === 'miss; reason=audit') live++;
      else assert.match(cache ?? '', /^semantic/);
    }
    await rig.proxy.runtime.semantic?.settled();
    assert.ok(live > 0 && live < 20, `${live} of 200`);
    const [audits] = (await rig.proxy.runtime.semantic?.report())?.liveAudits ?? [];
    assert.equal(audits?.right, live);
    assert.equal(audits?.wrong, 0);
  });
});

describe('an audit of a hit', () => {
  const outcomes: readonly (readonly [string, 'right' | 'unsure' | 'unavailable', string])[] = [
    ['the same', 'right', 'sim-repeat'],
    ['cut at a cap', 'unsure', 'sim-length'],
    ['filtered', 'unsure', 'sim-filtered'],
    ['a refusal', 'unsure', 'sim-refusal'],
    ['a failure', 'unavailable', 'sim-500'],
    ['cut off', 'unavailable', 'sim-cut-at-8'],
  ];
  for (const stream of [false, true])
    test(`whose live answer is another one's or none is no evidence, and one that cannot be compared is none of being right, ${stream ? 'streamed' : 'whole'}`, async (t) => {
      const rig = await semanticRig(t, {
        models: '{m: {targets: [a/sim-repeat], retries: {max: 0}, cache: {semantic: {mode: shadow}}}}',
      });
      const audits = async () => (await rig.proxy.runtime.semantic?.report())?.certificates[0]?.certificate.audits;
      let at = 0;
      while (((await audits())?.right ?? 0) === 0 && at < 100) await askBoth(rig, at++);
      for (const [, verdict, behaviour] of outcomes) {
        const before = await audits();
        await rig.ask(topic('How do', at));
        await rig.proxy.runtime.semantic?.settled();
        rig.upstreams[0]?.script('sim-repeat', behaviour);
        await rig.ask(chat(topic('How can', at++), { stream })).catch(() => undefined);
        await rig.proxy.runtime.semantic?.settled();
        const after = await audits();
        assert.deepEqual(after, before && { ...before, [verdict]: before[verdict] + 1 }, behaviour);
      }
    });
});
