import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { keptBytes, SseReader, SseTooLarge } from '../../src/dialects/sse-reader.ts';
import { blocksOf, eventsOf, type Seen } from './sse-streams.ts';

const read = (text: string): Seen[] => eventsOf([Buffer.from(text)]);
const data = (...lines: string[]): Seen[] => lines.map((line) => ({ name: '', data: line }));

describe('the SSE reader reads what the standard says', () => {
  const cases: readonly (readonly [string, string, Seen[]])[] = [
    ['an event that ends with LF LF', 'data: a\n\n', data('a')],
    ['CRLF', 'data: a\r\n\r\ndata: b\r\n\r\n', data('a', 'b')],
    ['lone CR', 'data: a\r\rdata: b\r\r', data('a', 'b')],
    ['LF, CR and CRLF mixed', 'data: a\r\n\ndata: b\n\r\ndata: c\r\n\rdata: d\r\n\r\n', data('a', 'b', 'c', 'd')],
    ['data without a space', 'data:a\n\n', data('a')],
    ['one space taken off and no more', 'data:  a \n\n', data(' a ')],
    ['an empty data line', 'data:\n\n', data('')],
    ['a data field without a colon', 'data\n\n', data('')],
    ['several data lines joined by LF', 'data: a\ndata: b\r\ndata:c\n\n', data('a\nb\nc')],
    ['several empty data lines', 'data\ndata\n\n', data('\n')],
    ['a colon in the data', 'data: {"a":1}\n\n', data('{"a":1}')],
    ['a byte order mark at the start', '\ufeffdata: a\n\ndata: b\n\n', data('a', 'b')],
    [
      'a second byte order mark, which is a field nobody knows',
      'data: a\n\n\ufeffdata: b\n\ndata: c\n\n',
      data('a', 'c'),
    ],
    ['comments', ': hello\n\n:\ndata: a\n: in between\n\n', data('a')],
    ['an event name', 'event: error\ndata: a\n\ndata: b\n\n', [{ name: 'error', data: 'a' }, ...data('b')]],
    ['the last of two event names', 'event: a\nevent:b\ndata: x\n\n', [{ name: 'b', data: 'x' }]],
    ['an event name taken back', 'event: a\nevent\ndata: x\n\n', data('x')],
    ['an event name after the data', 'data: x\nevent: late\n\n', [{ name: 'late', data: 'x' }]],
    ['an event name without data, which is dropped', 'event: ping\n\ndata: a\n\n', data('a')],
    ['id and retry beside the data', 'id: 7\nretry: 100\ndata: a\n\n', data('a')],
    ['fields that only begin like data', 'database: x\nData: y\n data: z\ndata : q\n\ndata: a\n\n', data('a')],
    ['an event without its blank line, which is none', 'data: a\n\ndata: b\n', data('a')],
    ['blank lines in between', '\n\n\ndata: a\n\n\n\ndata: b\n\n', data('a', 'b')],
    ['characters of four bytes', 'data: 🦀🦀\n\n', data('🦀🦀')],
  ];
  for (const [what, text, expected] of cases) {
    it(what, () => assert.deepEqual(read(text), expected));
  }
});

describe('the SSE reader gives out ranges, not copies', () => {
  it('hands back the chunk itself where it holds whole events', () => {
    const chunk = Buffer.from('data: a\n\n: ping\n\ndata: b\n\n');
    const events = new SseReader({ maxEventBytes: 100 }).push(chunk);
    assert.equal(keptBytes(events), chunk);
    assert.deepEqual(
      events.map((event) => [event.raw.toString(), event.hasData]),
      [
        ['data: a\n\n', true],
        [': ping\n\n', false],
        ['data: b\n\n', true],
      ],
    );
  });

  it('points data into the chunk for a single line', () => {
    const chunk = Buffer.from('data: abc\n\n');
    const [event] = new SseReader({ maxEventBytes: 100 }).push(chunk);
    assert.equal(event?.payload, chunk);
    assert.deepEqual([event?.from, event?.to], [6, 9]);
  });

  it('leaves dropped events out and keeps the rest in order', () => {
    const chunk = Buffer.from('data: a\n\ndata: b\n\ndata: c\n\ndata: d\n\n');
    const dropping = (...dropped: number[]): string => {
      const events = new SseReader({ maxEventBytes: 100 }).push(chunk);
      for (const [index, event] of events.entries()) event.keep = !dropped.includes(index);
      return keptBytes(events).toString();
    };
    assert.equal(dropping(0), 'data: b\n\ndata: c\n\ndata: d\n\n');
    assert.equal(dropping(3), 'data: a\n\ndata: b\n\ndata: c\n\n');
    assert.equal(dropping(1), 'data: a\n\ndata: c\n\ndata: d\n\n');
    assert.equal(dropping(0, 2), 'data: b\n\ndata: d\n\n');
    assert.equal(dropping(0, 1, 2, 3), '');
  });

  it('leaves the byte order mark out of what is relayed', () => {
    const events = blocksOf([Buffer.from('\ufeffdata: a\n\n')]);
    assert.equal(keptBytes(events).toString(), 'data: a\n\n');
  });

  it('keeps bytes it has given out untouched by what comes later', () => {
    const reader = new SseReader({ maxEventBytes: 1000 });
    const given = [...'data: a\n\ndata: b\n\ndata: c\n\n'].map((char) => keptBytes(reader.push(Buffer.from(char))));
    assert.equal(Buffer.concat(given).toString(), 'data: a\n\ndata: b\n\ndata: c\n\n');
  });
});

describe('the SSE reader knows how the stream ended', () => {
  const ends: readonly (readonly [string, string, boolean])[] = [
    ['nothing at all', '', false],
    ['whole events', 'data: a\n\n', false],
    ['an event cut inside a line', 'data: a\n\ndata: b', true],
    ['an event that lacks its blank line', 'data: a\n', true],
    ['stray line ends', 'data: a\r\r\n', false],
  ];
  for (const [what, text, partial] of ends) {
    it(`${what}: ${partial ? 'cut off' : 'clean'}`, () => {
      const reader = new SseReader({ maxEventBytes: 100 });
      for (const byte of Buffer.from(text)) reader.push(Buffer.from([byte]));
      assert.equal(reader.end().partial, partial);
    });
  }

  it('gives the bytes that were left', () => {
    const reader = new SseReader({ maxEventBytes: 100 });
    reader.push(Buffer.from('data: a\n\n<html>'));
    assert.equal(reader.end().bytes.toString(), '<html>');
  });
});

describe('the SSE reader bounds an event', () => {
  it('refuses a bound that is none', () => {
    assert.throws(() => new SseReader({ maxEventBytes: 0 }), /maxEventBytes must be positive, got 0/);
  });

  it('takes an event of exactly the bound', () => {
    assert.equal(blocksOf([Buffer.from('data: 12\n\n')], 10).length, 1);
  });

  for (const slice of [1, 3, 1000]) {
    it(`throws for one byte more, in slices of ${slice}`, () => {
      const bytes = Buffer.from('data: 123\n\n');
      const pieces = Array.from({ length: Math.ceil(bytes.length / slice) }, (_, index) =>
        bytes.subarray(index * slice, (index + 1) * slice),
      );
      assert.throws(() => blocksOf(pieces, 10), SseTooLarge);
    });
  }

  it('counts comments, which would else be a way around', () => {
    assert.throws(() => blocksOf([Buffer.from(': 12345678\n'.repeat(3))], 20), SseTooLarge);
  });

  it('first gives the events before the one that is too large, then throws for good', () => {
    const reader = new SseReader({ maxEventBytes: 10 });
    const events = reader.push(Buffer.from(`data: a\n\ndata: ${'x'.repeat(20)}`));
    assert.equal(keptBytes(events).toString(), 'data: a\n\n');
    assert.throws(() => reader.push(Buffer.from('\n\n')), SseTooLarge);
    assert.throws(() => reader.push(Buffer.from('data: b\n\n')), SseTooLarge);
  });
});
