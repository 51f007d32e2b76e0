import { createParser } from 'eventsource-parser';
import { type SseEvent, SseReader } from '../../src/dialects/sse-reader.ts';

/** An event as a client sees it. */
export interface Seen {
  readonly name: string;
  readonly data: string;
}

/** All blocks that come of pushing the pieces one after another. */
export function blocksOf(pieces: readonly Buffer[], maxEventBytes = 1 << 20): SseEvent[] {
  const reader = new SseReader({ maxEventBytes });
  return pieces.flatMap((piece) => [...reader.push(piece)]);
}

/** The events among them, as a client sees them. */
export function eventsOf(pieces: readonly Buffer[]): Seen[] {
  return blocksOf(pieces)
    .filter((event) => event.hasData)
    .map((event) => ({ name: event.name, data: event.data.toString('utf8') }));
}

/** What an independent parser makes of the same bytes. */
export function oracleEvents(bytes: Buffer): Seen[] {
  const seen: Seen[] = [];
  const parser = createParser({ onEvent: ({ event, data }) => seen.push({ name: event ?? '', data }) });
  parser.feed(bytes.toString('utf8'));
  return seen;
}

/** The bytes cut at the given offsets. */
export function cut(bytes: Buffer, ...offsets: readonly number[]): Buffer[] {
  const edges = [0, ...[...offsets].sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
}
