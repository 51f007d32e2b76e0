import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLogs, type Log, type LogLevel } from '../../src/telemetry/log.ts';
import { redactSecrets } from '../../src/telemetry/secrets.ts';

function lines(level: LogLevel, act: (log: Log) => void): Record<string, unknown>[] {
  const written: string[] = [];
  act(createLogs({ level, write: (line) => written.push(line) }).events);
  return written.map((line) => {
    assert.ok(line.endsWith('\n') && line.indexOf('\n') === line.length - 1, 'one line each');
    return JSON.parse(line);
  });
}

describe('the log', () => {
  it('writes one JSON line for each event, with its level and time', () => {
    const [line] = lines('info', (log) => log.info({ id: 'bw_1', ms: 5 }, 'request'));
    assert.match(String(line?.time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual({ ...line, time: 0 }, { level: 'info', time: 0, id: 'bw_1', ms: 5, msg: 'request' });
  });

  it('leaves out what is below its level', () => {
    const messages = (level: LogLevel) =>
      lines(level, (log) => {
        log.debug('d');
        log.warn('w');
        log.error('e');
      }).map(({ msg }) => msg);
    assert.deepEqual(messages('debug'), ['d', 'w', 'e']);
    assert.deepEqual(messages('error'), ['e']);
    assert.deepEqual(messages('silent'), []);
  });

  it('keeps the stack of a defect', () => {
    const [line] = lines('info', (log) => log.error({ err: new TypeError('boom') }, 'defect'));
    const { err } = line as { err: { type: string; message: string; stack: string } };
    assert.deepEqual([err.type, err.message], ['TypeError', 'boom']);
    assert.match(err.stack, /log\.test\.ts/);
  });

  it('blanks secrets wherever in a line they are', () => {
    const secret = 'sk-proj-abcdefghijklmnop1234';
    const [line] = lines('info', (log) =>
      log.error({ err: new Error(`bad key ${secret}`), nested: [{ deep: secret }], [secret]: 1 }, `and ${secret}`),
    );
    assert.doesNotMatch(JSON.stringify(line), /abcdefghij/);
    assert.equal(line?.msg, 'and [redacted]');
  });
});

describe('what looks like a secret is blanked', () => {
  const secrets = [
    'sk-abcdefghijklmnopqrstuvwx',
    'sk-ant-api03-AbC_dEf-123456789',
    'sk_live_abcdefghijklmnop',
    'gsk_abcdefghijklmnop1234',
    'xai-abcdefghijklmnop1234',
    'hf_abcdefghijklmnopqrst',
    `bw_${'aB3'.repeat(13)}z`,
    'AIzaSyA1234567890abcdefghijklmnopqrs',
    'AKIAIOSFODNN7EXAMPLE',
    'ya29.a0AfH6SMBx1234567890',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.SflKxwRJSMeKKF2QT4',
    'Bearer abcdef.ghijkl',
    'bearer 0123456789abcdef',
    'Basic dXNlcjpwYXNzd29yZA==',
  ];
  for (const secret of secrets) {
    it(secret, () =>
      assert.equal(redactSecrets(JSON.stringify({ a: `x ${secret}`, b: 1 })), '{"a":"x [redacted]","b":1}'),
    );
  }

  it('credentials in a URL, not the URL', () => {
    assert.equal(
      redactSecrets('"redis://user:pa55word@redis.example:6379/0"'),
      '"redis://[redacted]@redis.example:6379/0"',
    );
    assert.equal(redactSecrets('redis://:pa55word@redis.example'), 'redis://[redacted]@redis.example');
  });

  const harmless = [
    '{"id":"bw_3b241101-e2bb-4255-8caf-4136c566a962"}',
    '{"target":"anthropic/claude-sonnet-4-6","model":"task-force-multiplier-large"}',
    '{"url":"http://127.0.0.1:8080"}',
    '{"time":"2026-11-22T12:00:00.000Z","class":"upstream_auth"}',
    '{"key":"…abcd","reason":"risk-assessment-of-everything"}',
  ];
  for (const line of harmless) it(`not ${line}`, () => assert.equal(redactSecrets(line), line));
});
