import type { Behaviour } from './behaviour.ts';
import { chunk, LAST_CHUNK } from './chunk.ts';
import type { ModelApi } from './dialect.ts';
import type { Exchange } from './exchange.ts';
import { breakPoint, type Pace } from './stream-player.ts';

const JSON_HEADERS = { 'content-type': 'application/json' };

/** An answer that comes whole. */
export interface WholeAnswer {
  readonly body: string;
  readonly tokens: number;
}

/** Plays an answer that comes whole: after the time its tokens take, broken where they would have been. */
export function playBody(
  exchange: Exchange,
  api: ModelApi,
  answer: WholeAnswer,
  behaviour: Behaviour,
  pace: Pace,
): void {
  const { body, tokens } = answer;
  const last = breakPoint(behaviour, tokens);
  exchange.wait(pace.firstTokenMs + last * pace.tokenMs, () => {
    const kind = behaviour.break?.kind;
    if (kind === undefined) {
      exchange.record.tokensSent = tokens;
      return exchange.respond(200, JSON_HEADERS, body);
    }
    if (kind === 'error-event') {
      exchange.respond(200, JSON_HEADERS, api.error(500));
      return;
    }
    const part = body.slice(0, Math.min(body.length - 1, Math.floor((body.length * last) / Math.max(1, tokens))));
    if (kind === 'cut-clean') {
      endEarly(exchange, part);
      return;
    }
    const head = exchange.head(200, { ...JSON_HEADERS, 'content-length': String(Buffer.byteLength(body)) });
    exchange.record.tokensSent = last;
    exchange.send(head, part);
    if (kind === 'cut') exchange.cut();
    else if (kind === 'reset') exchange.reset();
  });
}

/** A body without a length, ended properly: nothing in HTTP says that it is not whole. */
function endEarly(exchange: Exchange, part: string): void {
  const head = exchange.head(200, { ...JSON_HEADERS, 'transfer-encoding': 'chunked' });
  exchange.send(head, chunk(part) + LAST_CHUNK);
  exchange.complete();
}
