import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { FAILURE_CLASSES } from '../../src/failures/failure.ts';
import { FAILURE_TABLE } from '../../src/failures/table.ts';

describe('the failure table', () => {
  const policies = FAILURE_CLASSES.map((failureClass) => [failureClass, FAILURE_TABLE[failureClass]] as const);
  const classesWhere = (holds: (policy: (typeof FAILURE_TABLE)['tls']) => boolean) =>
    policies.filter(([, policy]) => holds(policy)).map(([failureClass]) => failureClass);

  test('has every class, and no other', () => {
    assert.deepEqual(Object.keys(FAILURE_TABLE).toSorted(), [...FAILURE_CLASSES].toSorted());
  });

  test('repeats on the same target only what may pass', () => {
    assert.deepEqual(
      policies
        .filter(([, { same }]) => same.tries > 0)
        .map(([failureClass, { same }]) => `${failureClass} ${same.tries}`),
      [
        'rate_limited 2',
        'overloaded 1',
        'server_error 2',
        'model_not_ready 5',
        'connect 1',
        'dns 1',
        'reset 1',
        'invalid_answer 1',
      ],
    );
  });

  test('waits before every repeat, and never where there is none', () => {
    for (const [failureClass, { same }] of policies) assert.equal(same.wait === 'none', same.tries === 0, failureClass);
  });

  test('takes a new socket after one that failed', () => {
    assert.deepEqual(
      classesWhere(({ same }) => same.newSocket === true),
      ['connect', 'dns', 'reset'],
    );
  });

  test('tells the circuit only of what the target did', () => {
    assert.deepEqual(
      classesWhere(({ circuit }) => circuit !== 'neutral'),
      ['overloaded', 'server_error', 'connect', 'dns', 'tls', 'reset', 'timeout', 'invalid_answer', 'stream_broken'],
    );
  });

  test('stops the chain at what no other target would mend', () => {
    assert.deepEqual(
      classesWhere(({ next }) => next === 'no'),
      ['invalid_request', 'client_cancelled', 'no_target_open', 'own_limit'],
    );
    assert.deepEqual(
      classesWhere(({ next }) => next === 'opt-in'),
      ['content_blocked', 'stream_broken'],
    );
    assert.deepEqual(
      classesWhere(({ next }) => next === 'larger-window'),
      ['context_length'],
    );
  });

  test('changes the key for what hangs on the key', () => {
    assert.deepEqual(
      policies.filter(([, { key }]) => key !== 'no').map(([failureClass, { key }]) => `${failureClass} ${key}`),
      ['request_over_tpm next', 'upstream_auth quarantine', 'quota_exhausted quarantine', 'rate_limited cooldown'],
    );
  });

  test('raises an alarm for what stays wrong', () => {
    assert.deepEqual(
      classesWhere(({ alarm }) => alarm),
      ['model_not_found', 'tls'],
    );
  });
});

test('the page of the failure table is what the code says', async () => {
  const script = fileURLToPath(new URL('../../scripts/generate-failure-table.ts', import.meta.url));
  const { stderr } = await promisify(execFile)(process.execPath, [script, '--check']);
  assert.equal(stderr, '');
});
