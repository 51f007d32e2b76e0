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

/** Of the time a request has left, so much is the cheap model's: the strong one must still be able to answer. */
const CHEAP_SHARE = 0.5;

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
  const { deadlineAt } = exchange;
  const now = runtime.clock.now();
  exchange.deadlineAt = Math.min(deadlineAt, now + Math.max(0, deadlineAt - now) * CHEAP_SHARE);
  use(exchange, plan.cheap);
  const result = await goDown(exchange, runtime, plan).finally(() => {
    exchange.deadlineAt = deadlineAt;
  });
  visit.note = result.kind === 'answer' ? 'kept' : `escalated:${result.why}`;
  runtime.telemetry.cascaded(plan.cheap.model.name, result.kind === 'answer' ? 'kept' : result.why);
  if (result.kind === 'none') use(exchange, plan.strong);
  return result;
}

/** Down the cheap model's chain to the first answer: that is looked at, and no other. */
async function goDown(
  exchange: Exchange,
  runtime: Runtime,
  plan: CascadePlan,
): Promise<Answered | (Unanswered & { readonly why: Doubt['code'] | 'failed' })> {
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
      runtime.cascades.looked(plan.id, doubt !== undefined);
      if (doubt === undefined) return result;
      throwAway(exchange, result, doubt);
      tellOthers(exchange, runtime, plan, doubt);
      return { kind: 'none', asked, why: doubt.code };
    }
    asked.push(...result.asked);
    const last = asked.at(-1);
    if (isOver(exchange, runtime) || (last && !last.refused && FAILURE_TABLE[last.failure.class].next !== 'yes')) break;
  }
  return { kind: 'none', asked, why: 'failed' };
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

/** What follows in its tool loop stays with the model that saw the start of it, and holds its prompt. */
function tellOthers(exchange: Exchange, runtime: Runtime, { strong }: CascadePlan, doubt: Doubt): void {
  const { session } = exchange.route ?? {};
  if (session !== undefined) runtime.routePins.moved(session, strong.model.name);
  try {
    runtime.onEscalated?.(exchange, doubt);
  } catch (error) {
    runtime.telemetry.defect(error);
  }
}
