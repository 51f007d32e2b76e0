import type { FastifyInstance, FastifyRequest } from 'fastify';
import { didYouMean } from '../config/suggest.ts';
import type { Failure } from '../failures/failure.ts';
import { isRecord, parseJson } from '../failures/json-record.ts';
import { ownFailure } from '../failures/own-errors.ts';
import { sendOwn } from './own-reply.ts';
import type { Runtime } from './runtime.ts';

/** Where callers say how their work went. */
export const OUTCOMES_PATH = '/v1/outcomes';

const FIELDS = ['session', 'task', 'success', 'score', 'note'] as const;
const NAME = /^[\x20-\x7e]{1,128}$/;
const LONGEST_NOTE = 2_000;

/** How a session, a task, or a task within a session went. */
interface Outcome {
  readonly session: string | undefined;
  readonly task: string | undefined;
  /** 0 to 1. */
  readonly score: number;
}

/**
 * `POST /v1/outcomes`: how work went that this proxy's models had a part in, told with a client's key, of the client's own tenant. What was
 * routed of it, and served by one model alone, is evidence.
 */
export function outcomeRoutes(app: FastifyInstance, runtime: Runtime): void {
  app.post(OUTCOMES_PATH, async (request, reply) => {
    const outcome = readOutcome(request.body);
    if ('class' in outcome) {
      sendOwn(reply, outcome, runtime.telemetry);
      return;
    }
    void reply.code(202).send({ object: 'outcome', ...(await learn(outcome, request, runtime)) });
  });
}

/** @returns kinds of work that were routed for it, and those of them that one model alone has served */
async function learn(
  { session, task, score }: Outcome,
  { identity }: FastifyRequest,
  { shadows, config, telemetry }: Runtime,
): Promise<{ readonly routes: number; readonly counted: number }> {
  const tenant = identity?.tenant.name ?? '';
  const routes = (await shadows?.recent.take(tenant, session, task)) ?? [];
  let counted = 0;
  for (const { key, policy, side } of routes) {
    const settings = config.routing.policies.get(policy)?.evidence;
    if (side === undefined || settings === undefined) continue;
    shadows?.evidence.outcome(tenant, key.key, key.pair, settings, side, score);
    counted++;
  }
  telemetry.outcomeReported({ tenant: identity?.tenant.name, session, task, score, routes: routes.length, counted });
  return { routes: routes.length, counted };
}

function readOutcome(body: unknown): Outcome | Failure {
  const json = body instanceof Uint8Array ? parseJson(body) : undefined;
  if (json === undefined) return ownFailure('invalid_json', 'The body is not valid JSON.');
  if (!isRecord(json)) return ownFailure('wrong_type', 'The body must be a JSON object.');
  for (const name of Object.keys(json))
    if (!FIELDS.some((field) => field === name))
      return ownFailure(
        'bad_request',
        `Unknown field ${JSON.stringify(name.slice(0, 64))}.${didYouMean(name, FIELDS) || ` Taken are ${FIELDS.join(', ')}.`}`,
      );
  const { session, task, success, score, note } = json;
  for (const [name, value] of Object.entries({ session, task }))
    if (isGiven(value) && (typeof value !== 'string' || !NAME.test(value)))
      return ownFailure(
        'wrong_type',
        `${name}: up to 128 printable ASCII characters, as in the request's header.`,
        name,
      );
  if (!isGiven(session) && !isGiven(task))
    return ownFailure('missing', 'Name the session, the task, or both, as the requests named them.', 'session');
  if (isGiven(success) && typeof success !== 'boolean')
    return ownFailure('wrong_type', 'success: expected true or false.', 'success');
  if (isGiven(score) && !(typeof score === 'number' && score >= 0 && score <= 1))
    return ownFailure('wrong_type', 'score: expected a number from 0 to 1.', 'score');
  if (!isGiven(success) && !isGiven(score))
    return ownFailure('missing', 'Say how it went: success (true or false), or score (0 to 1).', 'success');
  if (isGiven(note) && (typeof note !== 'string' || note.length > LONGEST_NOTE))
    return ownFailure('wrong_type', `note: expected a text of up to ${LONGEST_NOTE} characters.`, 'note');
  return {
    session: typeof session === 'string' ? session : undefined,
    task: typeof task === 'string' ? task : undefined,
    score: typeof score === 'number' ? score : success === true ? 1 : 0,
  };
}

/** `null` is as good as absent. */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}
