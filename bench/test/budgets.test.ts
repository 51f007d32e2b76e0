import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { booksIn } from '../budgets/books.ts';
import { namesItsLimit } from '../budgets/holds.ts';
import { countIn } from '../budgets/redis.ts';
import { CALL_COST, tenantRequest, tightTenant, wideTenants } from '../budgets/tenants.ts';
import { MessageReader } from '../load/message-reader.ts';

test('a tight tenant can pay for exactly so many calls', () => {
  const limit = /limit: \$([\d.]+)/.exec(tightTenant(10).join('\n'))?.[1];
  assert.equal(Math.round(Number(limit) * 1e9), 10 * CALL_COST);
});

test('each of many tenants has a key of its own, and its requests name it', () => {
  const keys = wideTenants(5_000).flatMap((line) => /keys: \["([^"]+)"\]/.exec(line)?.[1] ?? []);
  assert.equal(new Set(keys).size, 5_000);
  const reader = new MessageReader(true);
  reader.push(tenantRequest(80, { tenant: 4_999 }));
  assert.ok(reader.head.includes(`\r\nauthorization: Bearer ${keys[4_999]}\r\n`));
  assert.equal(JSON.parse(reader.body).max_tokens * 2_000, CALL_COST);
});

test("Redis's own counts: calls of scripts, not what they call; reads from clients", () => {
  const info = [
    '# Commandstats',
    'cmdstat_evalsha:calls=40,usec=900,usec_per_call=22.50,rejected_calls=0,failed_calls=0',
    'cmdstat_fcall:calls=2,usec=9,usec_per_call=4.50,rejected_calls=0,failed_calls=0',
    'cmdstat_hincrby:calls=160,usec=200,usec_per_call=1.25,rejected_calls=0,failed_calls=0',
    'cmdstat_evalsha_ro:calls=3,usec=9,usec_per_call=3.00,rejected_calls=0,failed_calls=0',
    '# Stats',
    'total_reads_processed:77',
  ].join('\r\n');
  assert.deepEqual(countIn(info), { scripts: 45, reads: 77 });
});

test('the books are found wherever the answer keeps them, those of money alone', () => {
  const answer = {
    tenants: [
      {
        tenant: 't0',
        budgets: [
          { scope: 'tenant', unit: 'usd', spent: 5e-9, held: 1e-9, nanoUsd: { spent: 5, held: 1, limit: 9 } },
          { scope: 'tenant', unit: 'tokens', spent: 7, held: 0, limit: 9, nanoUsd: null },
        ],
      },
    ],
  };
  assert.deepEqual(booksIn(answer), [{ scope: 'tenant', spent: 5, held: 1 }]);
});

test('a refusal must say what is spent, when it is whole again, and that repeating is no use', () => {
  const head = 'HTTP/1.1 429 Too Many Requests\r\nx-should-retry: false\r\n';
  const body =
    '{"error":{"code":"insufficient_quota","breakwater":{"scope":"tenant","resetAt":"2026-12-01T00:00:00Z"}}}';
  assert.equal(namesItsLimit({ status: 429, head, body }), true);
  assert.equal(namesItsLimit({ status: 503, head, body }), false);
  assert.equal(namesItsLimit({ status: 429, head: 'HTTP/1.1 429 Too Many Requests\r\n', body }), false);
  assert.equal(namesItsLimit({ status: 429, head, body: body.replace('"scope"', '"range"') }), false);
  assert.equal(namesItsLimit({ status: 429, head, body: body.replace('resetAt', 'later') }), false);
});

test('the bench names its options and refuses what it does not know', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['bench/run.ts', ...args], {
      encoding: 'utf8',
      cwd: new URL('../..', import.meta.url),
    });
  const help = run('--help');
  assert.equal(help.status, 0);
  for (const word of ['translate', 'budgets', '--before']) assert.ok(help.stdout.includes(word), word);
  const wrong = run('--only', 'speed');
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /--only speed: unknown/);
});
