import type { Failure } from '../failures/failure.ts';
import { mostUseful } from '../failures/most-useful.ts';
import { ownFailure } from '../failures/own-errors.ts';
import type { Asked } from './answered.ts';
import type { Exchange } from './exchange.ts';

/** The one failure the client is told about. */
export function chainFailure(exchange: Exchange, asked: readonly Asked[]): Failure {
  const tried = asked.filter((one) => !one.refused);
  const last = asked.at(-1);
  const { reason } = exchange.cancellation;
  if (reason === 'shutdown') return ownFailure('draining', 'the proxy was shut down before the answer came');
  if (last?.failure.class === 'client_cancelled') return last.failure;
  // It left while the proxy waited to try again: what the try before that met is not why there is no answer.
  if (reason === 'client_gone') return clientLeft();
  if (last?.rung.provider.passthrough && last.failure.class === 'upstream_auth') {
    return { ...last.failure, class: 'invalid_request' };
  }
  const failures = (tried.length > 0 ? tried : asked).map((one) => one.failure);
  return failures.every((failure) => isOwnRefusal(failure)) ? allRefusals(failures) : mostUseful(failures);
}

/** What this proxy itself could tell that a target cannot serve. */
export function isOwnRefusal({ class: failureClass, origin }: Failure): boolean {
  return failureClass === 'capability_unsupported' && origin === 'client';
}

/** No target can serve the request: the client is told of each what it lacks. */
function allRefusals(failures: readonly Failure[]): Failure {
  const first = failures.find(({ param }) => param !== undefined) ?? failures[0];
  if (first === undefined) return mostUseful(failures);
  return { ...first, message: [...new Set(failures.map(({ message }) => message))].join('; ') };
}

function clientLeft(): Failure {
  return {
    class: 'client_cancelled',
    origin: 'client',
    code: 'client_gone',
    message: 'the client closed the connection',
    maybeBilled: true,
  };
}
