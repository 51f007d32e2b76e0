import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codecs } from '../../src/dialects/codecs.ts';
import { SseReader } from '../../src/dialects/sse-reader.ts';
import { MessageReader } from '../load/message-reader.ts';
import { spokenCheck } from '../load/spoken-check.ts';
import { spokenRequest } from '../load/spoken-request.ts';
import { WRONG_TEXT } from '../load/verify.ts';
import { spokenText } from '../upstream/spoken.ts';
import { DIALECTS, type Dialect, dialectOf, plainScript, spokenScript } from '../upstream/stream-script.ts';

const EVENTS = 45;

/** The body of a stream, read off the wire as the load reads it. */
function bodyOf(dialect: Dialect): string {
  const { opening, deltas, closing } = spokenScript(dialect, EVENTS);
  const reader = new MessageReader(true);
  for (const bytes of [opening, ...deltas, closing]) reader.push(bytes);
  assert.equal(reader.complete, true);
  return reader.body;
}

function check(dialect: Dialect, body: string, status = 200): string | undefined {
  return spokenCheck(dialect, EVENTS)({ status, body, bodyBytes: body.length, head: '', firstByteMs: 0, totalMs: 0 });
}

const FINISH: Readonly<Record<Dialect, RegExp>> = {
  chat: /data: .*"finish_reason":"stop".*\n\n/,
  messages: /event: message_delta\n.*\n\n/,
  responses: /event: response\.completed\n.*\n\n/,
};
const END: Readonly<Record<Dialect, string>> = {
  chat: 'data: [DONE]\n\n',
  messages: 'event: message_stop\ndata: {"type":"message_stop"}\n\n',
  responses: '',
};

for (const dialect of DIALECTS) {
  test(`${dialect}: what the upstream says is whole to a client, one event a delta`, () => {
    assert.equal(check(dialect, bodyOf(dialect)), undefined);
    assert.equal(check(dialect, bodyOf(dialect), 502), 'status 502');
  });

  test(`${dialect}: what the upstream says is what the translation reads`, () => {
    const reader = codecs[dialect].streamReader();
    const events = new SseReader({ maxEventBytes: 1e6 }).push(Buffer.from(bodyOf(dialect)));
    const said = events.flatMap((event) => reader.read(event));
    const texts = said.flatMap((one) => (one.kind === 'text' ? [one.text] : []));
    assert.equal(texts.length, EVENTS);
    assert.equal(texts.join(''), spokenText(EVENTS));
    assert.deepEqual(said.at(-1), { kind: 'end' });
    assert.ok(said.some((one) => one.kind === 'finish' && one.finish.reason === 'stop'));
  });

  test(`${dialect}: a lost delta, a lost finish and a lost end are found out`, () => {
    const body = bodyOf(dialect);
    const lost = body.split('\n\n').filter((event) => !event.includes('harbour behind'));
    assert.match(check(dialect, lost.join('\n\n')) ?? '', dialect === 'responses' ? /not a whole/ : RegExp(WRONG_TEXT));
    assert.equal(check(dialect, body.replace(FINISH[dialect], '')), 'not a whole answer');
    if (END[dialect] !== '') assert.equal(check(dialect, body.replace(END[dialect], '')), 'not a whole answer');
  });

  test(`${dialect}: two deltas in one event are not what the bench divides by`, () => {
    const [first = '', second = ''] = ['"The"', '" breakwater"'];
    const body = bodyOf(dialect).replace(first, '"The breakwater"').replace(second, '""');
    assert.equal(check(dialect, body), `${EVENTS - 1} deltas of ${EVENTS}`);
  });

  test(`${dialect}: the upstream tells the dialect by the path, and the body makes sense in it`, () => {
    const reader = new MessageReader(true);
    reader.push(spokenRequest(80, dialect, 'm'));
    assert.equal(dialectOf(reader.head), dialect);
    const read = codecs[dialect].readRequest(JSON.parse(reader.body));
    assert.ok(!('mistake' in read));
    assert.equal(read.stream, true);
  });
}

test('the plain script is the answer that the other sections know: as many deltas as asked for', () => {
  const { opening, deltas, closing } = plainScript(20);
  const reader = new MessageReader(true);
  for (const bytes of [opening, ...deltas, closing]) reader.push(bytes);
  assert.equal(reader.body.split('calm water').length - 1, 20);
});
