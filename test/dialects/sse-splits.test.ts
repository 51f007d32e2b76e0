import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { keptBytes, SseReader } from '../../src/dialects/sse-reader.ts';
import { cut, eventsOf, oracleEvents } from './sse-streams.ts';

const STREAMS = [
  '\ufeffdata: {"a":"é🦀"}\n\n: ping\n\ndata: b\n\ndata: [DONE]\n\n',
  'event: x\r\ndata: 1\r\ndata: 2\r\n\r\n\r\ndata:3\r\n\r\n',
  'data: a\r\rdata: b\rdata: c\r\r:c\r\rdata\r\r',
  'data: a\n\r\ndata: b\r\n\nid: 1\revent: e\ndata: 🦀\r\n\rretry: 5\n\n\r\n',
].map((text) => Buffer.from(text));

const relayed = (pieces: readonly Buffer[]): Buffer => {
  const reader = new SseReader({ maxEventBytes: 1 << 20 });
  return Buffer.concat([...pieces.map((piece) => keptBytes(reader.push(piece))), reader.end().bytes]);
};

const withoutBom = (bytes: Buffer): Buffer => (bytes[0] === 0xef ? bytes.subarray(3) : bytes);

describe('the SSE reader sees the same events however the bytes are cut', () => {
  for (const [index, stream] of STREAMS.entries()) {
    it(`stream ${index} agrees with an independent parser`, () => {
      assert.deepEqual(eventsOf([stream]), oracleEvents(stream));
    });

    it(`stream ${index}, cut at every pair of bytes`, () => {
      const whole = eventsOf([stream]);
      for (let first = 0; first <= stream.length; first++) {
        for (let second = first; second <= stream.length; second++) {
          const pieces = cut(stream, first, second);
          assert.deepEqual(eventsOf(pieces), whole, `cut at ${first} and ${second}`);
          assert.deepEqual(relayed(pieces), withoutBom(stream), `cut at ${first} and ${second}`);
        }
      }
    });

    it(`stream ${index}, a byte at a time`, () => {
      const pieces = [...stream].map((byte) => Buffer.from([byte]));
      assert.deepEqual(eventsOf(pieces), eventsOf([stream]));
      assert.deepEqual(relayed(pieces), withoutBom(stream));
    });
  }

  it('any stream, cut anywhere, agrees with an independent parser', () => {
    const piece = fc.constantFrom(
      'data',
      'data:',
      'data: ',
      'event:',
      'event',
      'id: 1',
      ':',
      ' ',
      'x',
      'é',
      '🦀',
      '\n',
      '\n\n',
      '\r',
      '\r\n',
    );
    const text = fc.array(piece, { maxLength: 40 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.array(fc.nat(120), { maxLength: 6 }), (source, offsets) => {
        const bytes = Buffer.from(source);
        const pieces = cut(bytes, ...offsets.map((offset) => Math.min(offset, bytes.length)));
        assert.deepEqual(eventsOf(pieces), oracleEvents(bytes));
        assert.deepEqual(relayed(pieces), bytes);
      }),
      { numRuns: 3000 },
    );
  });

  it('an event of a megabyte that comes a byte at a time costs time in proportion', () => {
    const millisecondsFor = (size: number): number => {
      const bytes = Buffer.from(`data: ${'x'.repeat(size)}\n\n`);
      const reader = new SseReader({ maxEventBytes: 4 << 20 });
      const before = process.cpuUsage();
      let events = 0;
      for (let at = 0; at < bytes.length; at++) events += reader.push(bytes.subarray(at, at + 1)).length;
      assert.equal(events, 1);
      return process.cpuUsage(before).user / 1000;
    };
    // The best of three: other work on the machine only ever adds.
    const best = (size: number): number =>
      Math.min(millisecondsFor(size), millisecondsFor(size), millisecondsFor(size));
    const small = best(1 << 17);
    const large = best(1 << 20);
    // Eight times the bytes: eight times the time where it is linear, 64 times where it is quadratic.
    assert.ok(large < 30 * small, `${small} ms for 128 kB, ${large} ms for 1 MB`);
  });
});
