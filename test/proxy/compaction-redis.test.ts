import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { requestAfter, session } from '../context/compaction/growing.ts';
import { type OwnRedis, redisServerCommand, skipWithout, startRedis } from '../state/redis-server.ts';
import { sharedItems } from './compaction-checks.ts';
import { compactionRig, itemsOf } from './compaction-rig.ts';

const noServer = skipWithout(redisServerCommand(), 'no redis-server of 7.2 or newer on PATH');
const ROUNDS = 60;
const ALL = session(ROUNDS, 200);
const AGENT = 'context: {maxInputTokens: 8k, keepTurns: 4, summarizer: small}';

describe('replicas on one Redis', { skip: noServer }, () => {
  let redis: OwnRedis | undefined;
  before(async () => {
    redis = await startRedis();
  });
  after(() => redis?.kill());
  const state = (prefix: string) => `{redis: "redis://127.0.0.1:${redis?.port}", timeout: 20s, keyPrefix: ${prefix}}`;

  it('send the same conversation whichever is asked, and make each summary once', async (t) => {
    const r = await compactionRig(t, {
      agent: AGENT,
      state: state('same'),
      replicas: 3,
      more: `cache: {encryptionKey: ${'ab'.repeat(32)}}`,
    });
    let [before, last, cuts]: [unknown, string | undefined, number] = [undefined, undefined, 0];
    for (let round = 1; round <= ROUNDS; round++) {
      const reply = await r.ask('chat', requestAfter('chat', ALL, round));
      assert.equal(reply.status, 200, reply.text);
      const { body } = r.sent.at(-1) ?? {};
      const turns = /^turns=(\d+);/.exec(reply.compacted ?? '')?.[1];
      const own = round > 1 && round % 25 === 1 ? 1 : 0;
      if (turns === last) assert.equal(sharedItems(before, body), itemsOf(before).length - own, `round ${round}`);
      else cuts++;
      [before, last] = [body, turns];
      for (const proxy of r.proxies) await proxy.runtime.compactor?.summaries.idle();
    }
    assert.ok(cuts >= 4, `${cuts} cuts`);
    assert.ok(r.summaries.length <= cuts + 1, `${r.summaries.length} summaries for ${cuts} cuts`);
  });

  it('a restarted replica takes over what was there', async (t) => {
    const options = { agent: AGENT, state: state('again') };
    const first = await compactionRig(t, options);
    assert.match((await first.ask('chat', requestAfter('chat', ALL, ROUNDS))).compacted ?? '', /^turns=/);
    assert.ok(first.summaries.length > 0);
    await first.proxy.runtime.compactor?.summaries.idle();
    const second = await compactionRig(t, options);
    assert.match((await second.ask('chat', requestAfter('chat', ALL, ROUNDS))).compacted ?? '', /^turns=/);
    assert.equal(second.summaries.length, 0);
    assert.deepEqual(itemsOf(second.sent[0]?.body), itemsOf(first.sent[0]?.body));
  });

  it('a Redis that is away fails no request: summaries are made, and not shared', async (t) => {
    const own = await startRedis();
    const r = await compactionRig(t, {
      agent: AGENT,
      state: `{redis: "redis://127.0.0.1:${own.port}", timeout: 500ms, whenUnavailable: allow}`,
    });
    await own.kill();
    const reply = await r.ask('chat', requestAfter('chat', ALL, ROUNDS));
    assert.equal(reply.status, 200, reply.text);
    assert.match(reply.compacted ?? '', /^turns=/);
    assert.match(await r.proxy.runtime.telemetry.metrics.text(), /context_summaries_total{result="unshared"} [1-9]/);
  });
});
