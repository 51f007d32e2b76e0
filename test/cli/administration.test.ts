import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import OpenAI from 'openai';
import { describeTenant } from '../../src/commands/budgets.ts';
import type { BudgetShape } from '../../src/console/shapes.ts';
import { pause } from '../chaos/until.ts';
import { ADMIN_KEY, type AdminRig, adminRig, chat, TENANTS } from '../console/admin-rig.ts';
import { stateDir } from '../state/state-dir.ts';
import { key } from '../tenants/rig.ts';
import { run } from './cli-rig.ts';

const ENV = { BREAKWATER_ADMIN_KEY: ADMIN_KEY };

/** A file over a state directory. */
function fileOver(dir: string, tenants = TENANTS): string {
  const path = join(stateDir(), 'breakwater.yaml');
  writeFileSync(
    path,
    `providers: {openai: {apiKey: k}}\nmodels: {m: {targets: [openai/gpt-4o]}}\nstate: {dir: "${dir}"}\n${tenants}`,
  );
  return path;
}

/** The two ways a command gets at a proxy's state: by its file, beside it, and by its address. */
const WAYS = ['--config', '--url'] as const;

function wayTo(rig: AdminRig, way: (typeof WAYS)[number]): readonly string[] {
  return [way, way === '--url' ? rig.proxy.url : fileOver(rig.dir)];
}

/** Asks again until the client is answered, or refused by that status: a proxy looks once a second for what others changed. */
async function until(client: OpenAI, status: 200 | 401 | 403): Promise<void> {
  for (let look = 0; look < 500; look++) {
    const seen = await chat(client).then(
      () => 200,
      (error: unknown) => (error instanceof OpenAI.APIError ? error.status : 0),
    );
    if (seen === status) return;
    await pause(20);
  }
  assert.fail(`was never answered with ${status}`);
}

/** A server on a port of this machine, closed after the test. @returns its address */
async function listening(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return `http://127.0.0.1:${address.port}`;
}

for (const by of WAYS) {
  test(`keys create prints the key alone, and the running proxy takes it (${by})`, async (t) => {
    const rig = await adminRig(t);
    const way = wayTo(rig, by);
    const made = await run(['keys', 'create', '--tenant', 'acme', '--agent', 'coder', '--expires', '90d', ...way], ENV);

    assert.equal(made.status, 0, made.error);
    assert.match(made.out, /^bw_[0-9A-Za-z]{40}\n$/);
    assert.match(made.error, /^key_[a-z]{12} of agent coder of tenant acme, until \d{4}-.*shown this once/);
    await until(rig.client(made.out.trim()), 200);

    const listed = await run(['keys', 'list', ...way], ENV);
    const id = made.error.split(' ')[0] ?? '';
    assert.match(listed.out, new RegExp(`${id} +acme +coder +\\.\\.\\.${made.out.trim().slice(-4)} +good`));
    assert.ok(!listed.out.includes(made.out.trim()));

    const rotated = JSON.parse((await run(['keys', 'rotate', id, '--overlap', '1h', '--json', ...way], ENV)).out);
    assert.equal(rotated.replaces.id, id);
    await until(rig.client(rotated.key), 200);
    const revoked = await run(['keys', 'revoke', rotated.id, ...way], ENV);
    assert.deepEqual([revoked.status, revoked.out], [0, '']);
    await until(rig.client(rotated.key), 401);
    const again = await run(['keys', 'rotate', rotated.id, ...way], ENV);
    assert.match(again.error, /^breakwater keys: The key key_[a-z]+ is no longer good/);
    assert.equal(again.status, 1);
  });

  test(`budgets and ledger show what was spent, pause stops it (${by})`, async (t) => {
    const rig = await adminRig(t);
    const way = wayTo(rig, by);
    const coder = rig.client(key('coder'));
    await chat(coder, { 'x-breakwater-session': 's1' });
    // The answer is there before its settlement is written.
    for (let look = 0; look < 500; look++) {
      if ((await run(['ledger', '--tenant', 'acme', '--json', ...way], ENV)).out !== '') break;
      await pause(10);
    }

    const shown = await run(['budgets', '--tenant', 'acme', ...way], ENV);
    assert.equal(shown.status, 0, shown.error);
    assert.match(shown.out, /^acme {2}\(times in Europe\/Vienna\)\n {2}SCOPE +LIMIT +SPENT +HELD/);
    const held = by === '--url' ? '\\$0\\.00' : '-';
    assert.match(shown.out, new RegExp(`agent:coder +\\$20\\.00 per day +\\$0\\.000069 +${held} +\\$19\\.999931`));
    assert.equal(
      shown.error.includes('HELD and AVAILABLE are known to the running proxy alone: ask it with --url'),
      by === '--config',
    );
    assert.equal(JSON.parse((await run(['budgets', '--json', ...way], ENV)).out).length, 2);
    const csv = await run(['budgets', '--csv', ...way], ENV);
    assert.match(csv.out, /^tenant,scope,.*\r\nacme,tenant,,usd,day,50,0\.000069,/);

    const ledger = await run(['ledger', '--tenant', 'acme', ...way], ENV);
    assert.match(ledger.out, /^TIME \(UTC\) .*\n[\d: -]{19} +coder +m +a\/sim-ok +ok +5 +32 +\$0\.000069\n$/);
    assert.equal(ledger.error, '1 requests, $0.000069, since 24h.\n');
    const line = JSON.parse((await run(['ledger', '--tenant', 'acme', '--json', '--since', '7d', ...way], ENV)).out);
    assert.deepEqual([line.agent, line.session, line.costNanoUsd], ['coder', 's1', 69_000]);
    assert.equal((await run(['ledger', '--tenant', 'other', '--csv', ...way], ENV)).out.split('\r\n').length, 2);

    const paused = await run(['pause', 'agent:coder', '--tenant', 'acme', '--reason', 'a loop', ...way], ENV);
    assert.equal(paused.out, 'agent:coder of tenant acme is paused: a loop\n');
    await until(coder, 403);
    assert.match((await run(['budgets', ...way], ENV)).out, /PAUSED agent:coder since .*Z: a loop\n/);
    const resumed = await run(['resume', 'agent:coder', '--tenant', 'acme', ...way], ENV);
    assert.equal(resumed.out, 'agent:coder of tenant acme is resumed.\n');
    await until(coder, 200);
    const twice = await run(['resume', 'agent:coder', '--tenant', 'acme', ...way], ENV);
    assert.match(twice.error, /^breakwater resume: agent:coder of tenant acme is not paused/);
  });
}

test('a wrong call says what is missing, and is status 2', async () => {
  const file = fileOver(stateDir());
  const table: [string[], RegExp][] = [
    [['keys'], /needs what to do with them: create, list, rotate, revoke\./],
    [['keys', 'crate'], /unknown action "crate"\. Did you mean "create"\?/],
    [['keys', 'create', '--config', file], /create needs --tenant NAME/],
    [['keys', 'create', '--tenent', 'x'], /unknown option "--tenent"\. Did you mean "--tenant"\?/],
    [['keys', 'revoke', '--config', file], /revoke needs the id of a key/],
    [['keys', 'list'], /needs --config FILE, whose state it works on, or --url URL of a running proxy/],
    [['keys', 'list', '--config', file, '--url', 'http://x'], /takes --config or --url, not both/],
    [['keys', 'list', '--config', file, '--admin-key-env', 'X'], /--admin-key-env goes with --url/],
    [['keys', 'list', '--url', 'x:1'], /--url "x:1": expected http:\/\/HOST:PORT/],
    [['budgets', '--url', 'http://127.0.0.1:1'], /needs an admin key: put it into BREAKWATER_ADMIN_KEY/],
    [['budgets', '--url', 'http://127.0.0.1:1', '--admin-key-env', 'MINE'], /put it into MINE/],
    [['budgets', '--config', file, '--csv', '--json'], /takes --json or --csv, not both/],
    [['ledger', '--config', file], /needs --tenant NAME/],
    [['pause', '--tenant', 'acme', '--config', file], /needs what to pause: tenant, agent:NAME/],
    [['pause', 'tenant', '--config', file], /needs --tenant NAME/],
    [['resume', 'a', 'b'], /unexpected argument "b"/],
    [['check', file, '--at', 'ten'], /--at "ten": expected a multiple such as 10x/],
    [['check', file, '--tokens', '1/2'], /--requests-per-day and --tokens go together/],
    [['check', file, '--tokens', '1/2', '--requests-per-day', '5'], /go with --at/],
    [['check', file, '--at', '2x', '--tokens', '1', '--requests-per-day', '5'], /--tokens "1": expected input\/output/],
  ];
  for (const [args, message] of table) {
    const { status, out, error } = await run(args);
    assert.deepEqual([status, out], [2, ''], args.join(' '));
    assert.match(error, message);
    assert.match(error, /^breakwater \w+: [^\n]* See breakwater --help\n$/);
  }
});

test('what cannot be done is told in one line, and is status 1', async (t) => {
  const dir = join(stateDir(), 'data');
  const file = fileOver(dir);
  const notOurs = await listening(t, (_request, response) => response.end('<html>hello</html>'));
  const table: [string[], RegExp][] = [
    [['budgets', '--config', file], /there is no .*breakwater\.db yet: no proxy has used this state/],
    [['keys', 'create', '--tenant', 'acm', '--config', file], /no tenant "acm"\. Did you mean "acme"\?/],
    [['keys', 'create', '--tenant', 'acme', '--agent', 'codr', '--config', file], /Did you mean "coder"\?/],
    [
      ['keys', 'create', '--tenant', 'acme', '--expires', 'soon', '--config', file],
      /expected a span such as 24h or 90d/,
    ],
    [['pause', 'nobody', '--tenant', 'acme', '--config', file], /expected tenant, agent:NAME/],
    [['budgets', '--config', fileOver(dir, '')], /has no tenants/],
    [['budgets', '--url', 'http://127.0.0.1:1'], /http:\/\/127\.0\.0\.1:1 cannot be asked/],
    [['budgets', '--url', notOurs], /answered with something else/],
  ];
  for (const [args, message] of table) {
    const { status, out, error } = await run(args, ENV);
    assert.deepEqual([status, out], [1, ''], args.join(' '));
    assert.match(error, message);
    assert.equal(error.split('\n').length, 2, error);
  }
  const memory = join(stateDir(), 'b.yaml');
  writeFileSync(memory, `providers: {openai: {apiKey: k}}\nstate: memory\n${TENANTS}`);
  assert.match(
    (await run(['budgets', '--config', memory])).error,
    /state: memory is in the running proxy only. Ask it: --url/,
  );
});

test('a command that only reads makes no state', async () => {
  const dir = join(stateDir(), 'data');
  await run(['budgets', '--config', fileOver(dir)]);
  assert.equal(existsSync(dir), false);
});

test('what a client key is refused, a command with it is too', async (t) => {
  const rig = await adminRig(t);
  const { status, error } = await run(['budgets', '--url', rig.proxy.url], { BREAKWATER_ADMIN_KEY: key('acme') });
  assert.deepEqual([status, error], [1, 'breakwater budgets: The key in authorization is no admin key.\n']);
});

test('a command beside the proxy tells the tenant’s webhooks itself', async (t) => {
  const told: string[] = [];
  const hook = await listening(t, (request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      told.push(JSON.parse(text).type);
      response.writeHead(204).end();
    });
  });
  const hooks = `webhooks: [{url: "${hook}/hook", secret: "a-secret-for-tests-0123"}]`;
  const file = fileOver(stateDir(), `tenants: {acme: {keys: ["${key('acme')}"], ${hooks}}}`);
  const made = await run(['keys', 'create', '--tenant', 'acme', '--json', '--config', file]);
  assert.equal(made.status, 0, made.error);
  await run(['keys', 'revoke', JSON.parse(made.out).id, '--config', file]);
  await run(['pause', 'tenant', '--tenant', 'acme', '--config', file]);
  assert.deepEqual(told, ['key.created', 'key.revoked', 'scope.paused']);
});

test('the table of budgets', () => {
  const line = (over: Partial<BudgetShape>): BudgetShape => ({
    scope: 'tenant',
    within: null,
    counter: 'tenant/usd/day',
    unit: 'usd',
    per: 'day',
    limit: 50,
    spent: 12.34,
    held: 0.5,
    remaining: 37.16,
    nanoUsd: null,
    resetsAt: '2026-11-23T00:00:00+01:00',
    burnPerHour: 3.2,
    burnOverSeconds: 3600,
    outlook: 'ends',
    projectedEnd: '2026-11-22T22:36:45+01:00',
    paused: null,
    ...over,
  });
  const text = describeTenant({
    tenant: 'acme',
    timeZone: 'Europe/Vienna',
    budgets: [
      line({}),
      line({
        unit: 'tokens',
        per: 'month',
        limit: 2_000_000,
        spent: 1234,
        held: 0,
        remaining: 1_998_766,
        burnPerHour: 12.5,
        outlook: 'holds',
        resetsAt: '2026-12-01T00:00:00+01:00',
      }),
      line({
        unit: 'concurrency',
        per: null,
        limit: 20,
        spent: 0,
        held: 3,
        remaining: 17,
        resetsAt: null,
        burnPerHour: null,
        outlook: 'unknown',
      }),
      line({ scope: 'agent:coder', paused: 'a loop', limit: 5, spent: 5, held: 0, remaining: 0, outlook: 'reached' }),
      line({
        scope: 'session:s1',
        within: 'agent:coder',
        per: 'session',
        limit: null,
        remaining: null,
        resetsAt: null,
        burnPerHour: null,
        outlook: 'unknown',
      }),
      line({ scope: 'user:u', per: 'total', held: null, resetsAt: null, burnPerHour: 0, outlook: 'holds' }),
    ],
    leftOut: [{ owner: 'session', unit: 'usd', per: 'session', shown: 20, total: 1543 }],
    partial: false,
    rates: [
      { scope: 'tenant', unit: 'tokens', per: 'minute', limit: 2_000_000, available: 1_234_567, fullInSeconds: 22.9 },
      { scope: 'agent:coder', unit: 'requests', per: 'second', limit: 10, available: null, fullInSeconds: null },
    ],
    paused: [{ scope: 'agent:coder', reason: 'a loop', since: '2026-11-22T10:00:00.000Z' }],
  });
  assert.equal(
    text,
    `acme  (times in Europe/Vienna)
  SCOPE                   LIMIT                            SPENT   HELD  REMAINING  RESETS            BURN RATE  PROJECTED END
  tenant                  $50.00 per day                  $12.34  $0.50     $37.16  2026-11-23 00:00    $3.20/h  2026-11-22 22:36
  tenant                  2000000 tokens per month          1234      0    1998766  2026-12-01 00:00       13/h  holds
  tenant                  20 at once                           -      3         17  -                         -  -
  agent:coder (paused)    $5.00 per day                    $5.00  $0.00      $0.00  2026-11-23 00:00    $3.20/h  reached
  agent:coder session:s1  none any more, usd per session  $12.34  $0.50          -  -                         -  -
  user:u                  $50.00 in all                   $12.34      -     $37.16  -                   $0.00/h  holds
  20 of 1543 limits of the kind "session, usd per session": those that spent most
  SCOPE        RATE                       AVAILABLE  FULL IN
  tenant       2000000 tokens per minute    1234567    22.9s
  agent:coder  10 requests per second             -        -
  PAUSED agent:coder since 2026-11-22 10:00Z: a loop
`,
  );
});
