import type { Exchange } from './exchange.ts';
import { PREFIX, parseBehaviour, UnknownBehaviourError } from './grammar.ts';
import { openAIError } from './openai-error.ts';
import type { RequestLog } from './request-log.ts';
import type { Route } from './routes.ts';
import { TERMS } from './terms.ts';

const JSON_HEADERS = { 'content-type': 'application/json' };

/** `GET /requests` answers at most so many, the newest. */
const MAX_LISTED = 1000;

/** What the endpoints that are not models read and change. */
export interface Controls {
  readonly log: RequestLog;
  readonly openSockets: number;
  /** @throws {UnknownBehaviourError} */
  outage(behaviour: string | undefined): void;
}

/** Answers `GET /v1/models`, `/healthz`, `/requests`, and `POST` and `DELETE /outage`. */
export function serveControl(exchange: Exchange, route: Exclude<Route, { kind: 'model' }>, controls: Controls): void {
  const { method, target } = exchange.request.head;
  const query = new URLSearchParams(target.split('?', 2)[1]);
  switch (route.kind) {
    case 'models':
      serveModels(exchange, route.id);
      break;
    case 'health':
      exchange.respond(200, JSON_HEADERS, '{"status":"ok"}');
      break;
    case 'requests': {
      const last = Math.min(MAX_LISTED, Number(query.get('last') ?? 100) || 0);
      const { log, openSockets } = controls;
      const requests = last > 0 ? log.records.slice(-last) : [];
      exchange.respond(200, JSON_HEADERS, JSON.stringify({ count: log.count, openSockets, requests }));
      break;
    }
    case 'outage':
      serveOutage(exchange, method === 'DELETE' ? undefined : (query.get('behaviour') ?? '503'), controls);
      break;
    case 'wrong-method':
      exchange.respond(405, JSON_HEADERS, openAIError(400, { message: `Not allowed to ${method} on ${target}` }));
      break;
    case 'unknown':
      exchange.respond(
        404,
        JSON_HEADERS,
        openAIError(400, { message: `Unknown request URL: ${method} ${target}`, code: 'unknown_url' }),
      );
      break;
  }
}

function serveOutage(exchange: Exchange, behaviour: string | undefined, controls: Controls): void {
  try {
    controls.outage(behaviour);
    exchange.respond(200, JSON_HEADERS, JSON.stringify({ outage: behaviour ?? null }));
  } catch (error) {
    if (!(error instanceof UnknownBehaviourError)) throw error;
    exchange.respond(400, JSON_HEADERS, openAIError(400, { message: error.message, param: 'behaviour' }));
  }
}

function serveModels(exchange: Exchange, id: string | undefined): void {
  if (id === undefined) {
    exchange.respond(200, JSON_HEADERS, MODEL_LIST);
    return;
  }
  try {
    if (id.startsWith(PREFIX)) parseBehaviour(id);
    exchange.respond(200, JSON_HEADERS, JSON.stringify(modelObject(id)));
  } catch (error) {
    if (!(error instanceof UnknownBehaviourError)) throw error;
    exchange.respond(404, JSON_HEADERS, openAIError(404, { message: error.message, param: 'model' }));
  }
}

function modelObject(id: string) {
  return { id, object: 'model', created: 1_700_000_000, owned_by: 'breakwater-simulator' };
}

/** Every name of one term that stands alone. */
const MODEL_LIST = JSON.stringify({
  object: 'list',
  data: Object.values(TERMS)
    .flat()
    .map((term) => PREFIX + term.syntax.replace(/\[.*\]/, ''))
    .filter((name) => {
      try {
        return parseBehaviour(name).gated === undefined;
      } catch (error) {
        if (error instanceof UnknownBehaviourError) return false;
        throw error;
      }
    })
    .map(modelObject),
});
