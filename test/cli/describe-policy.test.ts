import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summarizeTenants } from '../../src/commands/summarize-tenants.ts';
import { tenantsOf } from '../tenants/rig.ts';

const said = (tenants: string) =>
  summarizeTenants(tenantsOf(tenants))
    .map((line) => line.trim())
    .filter((line) => line !== '');

test('check says what an agent has otherwise than its tenant, and nothing where it has all from there', () => {
  const lines = said(`
  acme:
    models: [smart, cheap]
    guard: {repeats: 4, toolCalls: 50, action: block}
    agents:
      coder:
        budget: {limit: 20M tokens, per: day}
        models: [smart]
        over: downgrade
        downgradeTo: cheap
        chain: smart
        timeouts: {total: 20m}
        retries: {max: 1}
        stream: {commit: complete}
        guard: {action: off}
      plain: {}
      "*": {concurrency: 4, warnAt: 50%}`);
  assert.ok(
    lines.includes(
      'models: smart, cheap; over a limit: block; warns at 80%; loops: block at the same tool call 4 times, or more than 50 tool calls in a task',
    ),
    lines.join('\n'),
  );
  assert.ok(
    lines.includes(
      'agent coder: 20,000,000 tokens per day; models: smart; over a limit: downgrade to cheap; "default" is smart; loops: not watched; before the model’s own: total 20m, commit complete, retries 1',
    ),
    lines.join('\n'),
  );
  assert.ok(lines.includes('each other agent: 4 at once; warns at 50%'), lines.join('\n'));
  assert.ok(!lines.some((line) => line.includes('plain')));
});

test('check says who is told, and of what; of an address the host only', () => {
  const lines = said(`
  acme:
    moneyCircuit: {spike: off, endsWithin: 2h, action: pause}
    webhooks:
      - {url: "https://hooks.example.com/secret/path", secret: sixteen-chars-secret}
      - {url: "https://pager.example.com/x", secret: sixteen-chars-secret, events: [budget.exhausted]}
  quiet:
    moneyCircuit: {action: off}`);
  assert.deepEqual(
    lines.filter((line) => /^(tells|money)/.test(line)),
    [
      'money circuit: pause at a day’s budget gone within 2h',
      'tells hooks.example.com: all events',
      'tells pager.example.com: budget.exhausted',
    ],
  );
  assert.ok(!lines.join('').includes('secret'));
  assert.equal(lines.at(-1), 'admin  no API: there are no admin.keys');
});
