import type { Behaviour } from './behaviour.ts';
import { chunk, LAST_CHUNK } from './chunk.ts';
import type { Identity, ModelApi } from './dialect.ts';
import type { Exchange, Headers } from './exchange.ts';
import { HTML_PAGE } from './refusals.ts';
import { STREAM_HEADERS } from './stream-player.ts';

const JSON_HEADERS: Headers = { 'content-type': 'application/json' };

/** Plays an answer that comes with HTTP 200 and says nothing. False: the behaviour is to answer something. */
export function playHollow(exchange: Exchange, api: ModelApi, behaviour: Behaviour, identity: Identity): boolean {
  const { stream } = exchange.record;
  const kind = behaviour.answer;
  switch (kind) {
    case 'html':
      exchange.respond(200, { 'content-type': 'text/html' }, HTML_PAGE);
      return true;
    case 'not-json':
      exchange.respond(200, JSON_HEADERS, 'upstream request failed');
      return true;
    case 'empty-body':
      exchange.respond(200, JSON_HEADERS, '');
      return true;
    case 'error-in-200':
      exchange.respond(200, JSON_HEADERS, api.error(500));
      return true;
    case 'empty-sse':
      playEvents(exchange, '');
      return true;
    case 'empty-choices':
    case 'null-content':
      if (stream) playEvents(exchange, api.hollow(kind, identity, true));
      else exchange.respond(200, JSON_HEADERS, api.hollow(kind, identity, false));
      return true;
    default:
      return false;
  }
}

function playEvents(exchange: Exchange, events: string): void {
  exchange.send(exchange.head(200, STREAM_HEADERS), chunk(events) + LAST_CHUNK);
  exchange.complete();
}
