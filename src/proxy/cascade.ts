import { codecs } from '../dialects/codecs.ts';
import type { AnswerChoice, AnswerEvent } from '../dialects/conversation/answer.ts';
import { assembleAnswer } from '../dialects/conversation/assemble-answer.ts';
import { chatDialect } from '../dialects/endpoint.ts';
import { SseReader } from '../dialects/sse-reader.ts';
import { isRecord } from '../failures/json-record.ts';
import { FAILURE_TABLE } from '../failures/table.ts';
import type { StreamSink } from '../providers/stream-attempt.ts';
import type { Doubt } from '../routing/cascade/doubt.ts';
import { doubtAbout } from '../routing/cascade/verify.ts';
import type { Answered, Asked, Unanswered } from './answered.ts';
import { askRung } from './ask-rung.ts';
import type { CascadePlan, CascadeVisit } from './cascade-visit.ts';
import type { Exchange } from './exchange.ts';
import { misfitsOf, reasonOf } from './fitness.ts';
import { passOver } from './pass-over.ts';
import type { Runtime } from './runtime.ts';

/** The rest of a body nobody wants: read, so that its connection can serve again. */
const NOBODY: StreamSink = { onBytes: () => undefined, onComplete: () => undefined, onBreak: () => undefined };

/**
 * Asks the cheap model, along its own chain, and looks at what it says before the client sees any of it. An answer that will not do is
 * paid for and thrown away. Whatever goes wrong, the strong model is asked next, as if nothing had been tried.
 */
export async function askCheap(
  exchange: Exchange,
  runtime: Runtime,
  visit: CascadeVisit,
  plan: CascadePlan,
): Promise<Answered | Unanswered> {
  use(exchange, plan.cheap);
  const asked: Asked[] = [];
  for (const rung of plan.cheap.rungs) {
    const misfit = misfitsOf(exchange).get(rung);
    if (misfit !== undefined) {
      passOver(exchange, runtime, rung, reasonOf(misfit));
      continue;
    }
    const { cancellation } = exchange;
    const result = await askRung(exchange, runtime, rung, { cancellation, lastHope: false, heldWhole: true });
    if (result.kind === 'answer') {
      const doubt = doubtAboutAnswer(exchange, runtime, plan, result);
      if (doubt === undefined) {
        tell(runtime, visit, plan, 'kept');
        return result;
      }
      throwAway(exchange, result, doubt);
      tell(runtime, visit, plan, doubt.code);
      tellEvidence(exchange, runtime, doubt);
      const { session } = exchange.route ?? {};
      // What follows in its tool loop stays with the model that saw the start of it, and holds its prompt.
      if (session !== undefined) runtime.routePins.moved(session, plan.strong.model.name);
      use(exchange, plan.strong);
      return { kind: 'none', asked };
    }
    asked.push(...result.asked);
    const last = asked.at(-1);
    if (isOver(exchange, runtime) || (last && !last.refused && FAILURE_TABLE[last.failure.class].next !== 'yes')) break;
  }
  visit.note = 'escalated:failed';
  runtime.telemetry.cascaded(plan.cheap.model.name, 'failed');
  use(exchange, plan.strong);
  return { kind: 'none', asked };
}

/** Nobody waits for an answer any more. */
export function isOver({ cancellation, deadlineAt }: Exchange, { clock }: Runtime): boolean {
  return cancellation.reason !== undefined || clock.now() >= deadlineAt;
}

function use(exchange: Exchange, chain: CascadePlan['cheap']): void {
  exchange.chain = chain;
  exchange.misfits = undefined;
}

/** Looking must never fail a request: an answer that cannot be read is not taken. */
function doubtAboutAnswer(
  exchange: Exchange,
  runtime: Runtime,
  { asked }: CascadePlan,
  answered: Answered,
): Doubt | undefined {
  try {
    const choices = choicesOf(exchange, answered);
    return choices === undefined ? UNREADABLE : doubtAbout(asked, choices);
  } catch (error) {
    runtime.telemetry.defect(error);
    return UNREADABLE;
  }
}

const UNREADABLE: Doubt = { code: 'unreadable', message: 'The answer could not be read.' };

function choicesOf({ endpoint }: Exchange, { answer }: Answered): readonly AnswerChoice[] | undefined {
  const dialect = chatDialect(endpoint);
  if (dialect === undefined) return undefined;
  if (answer.kind === 'whole')
    return isRecord(answer.json) ? codecs[dialect].readAnswer(answer.json).choices : undefined;
  const reader = codecs[dialect].streamReader();
  const events: AnswerEvent[] = [];
  // Each of the events was within the limit when it came.
  for (const event of new SseReader({ maxEventBytes: Number.POSITIVE_INFINITY }).push(answer.held()))
    events.push(...reader.read(event));
  return [assembleAnswer(events)];
}

/** The provider did what it was asked for, and is paid: its circuit hears of a success. */
function throwAway(exchange: Exchange, { answer, lease, bill, rung }: Answered, { code }: Doubt): void {
  if (answer.kind === 'stream') answer.attach(NOBODY);
  bill.seen();
  lease.settle('success');
  const { attempts } = exchange;
  const index = attempts.findLastIndex((one) => one.target === rung.target.id && one.outcome === 'ok');
  const made = attempts[index];
  if (made !== undefined) attempts[index] = { ...made, outcome: 'doubted', code };
}

function tell(
  { cascades, telemetry }: Runtime,
  visit: CascadeVisit,
  plan: CascadePlan,
  result: 'kept' | Doubt['code'],
) {
  const kept = result === 'kept';
  visit.note = kept ? 'kept' : `escalated:${result}`;
  cascades.looked(plan.id, !kept);
  telemetry.cascaded(plan.cheap.model.name, result);
}

function tellEvidence(exchange: Exchange, runtime: Runtime, doubt: Doubt): void {
  try {
    runtime.onEscalated?.(exchange, doubt);
  } catch (error) {
    runtime.telemetry.defect(error);
  }
}
