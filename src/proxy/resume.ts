import type { Failure } from '../failures/failure.ts';
import { isRecord, type JsonRecord } from '../failures/json-record.ts';
import type { Answered } from './answered.ts';
import { askRung } from './ask-rung.ts';
import type { Rung } from './chain.ts';
import { type ContinuationMode, ContinuedText, DeliveredText } from './delivered-text.ts';
import type { Exchange } from './exchange.ts';
import { fits } from './fitness.ts';
import { cappedMembers } from './output-cap.ts';
import { mayResume } from './resumable.ts';
import type { Runtime } from './runtime.ts';
import { unheededWish, withoutWish } from './unheeded-wish.ts';

/**
 * After a break: asks the next targets to continue what the client already has, by prefill where a target is known to take it,
 * else by generating again and delivering only what follows. The broken target comes last. Undefined: it cannot be mended.
 */
export async function resume(exchange: Exchange, runtime: Runtime, broken: Answered): Promise<Answered | undefined> {
  const delivered = deliveredBy(broken);
  if (delivered === undefined || delivered.fixed || !mayResume(exchange)) return undefined;
  const takeBack = delivered.mark();
  for (const rung of candidates(exchange, broken.rung)) {
    if (delivered.asked.has(rung.target.id)) continue;
    delivered.asked.add(rung.target.id);
    const modes: ContinuationMode[] = mayPrefill(exchange, rung) ? ['prefill', 'align'] : ['align'];
    for (const mode of modes) {
      if (exchange.cancellation.reason !== undefined || runtime.clock.now() >= exchange.deadlineAt) return undefined;
      takeBack();
      const result = await askRung(exchange, runtime, rung, {
        cancellation: exchange.cancellation,
        lastHope: false,
        continuation: {
          ...(mode === 'prefill' ? { body: prefilledBody(exchange, rung, delivered) } : {}),
          tap: () => {
            takeBack();
            return new ContinuedText(delivered, mode);
          },
        },
      });
      if (result.kind === 'answer') return result;
      if (!worthAnotherMode(result.asked.at(-1)?.failure)) break;
    }
  }
  return undefined;
}

function deliveredBy({ tap }: Answered): DeliveredText | undefined {
  if (tap instanceof DeliveredText) return tap;
  return tap instanceof ContinuedText ? tap.delivered : undefined;
}

/**
 * The rungs after the broken one, then the broken one itself: a target that lost one connection may well take another. Last those
 * before it: they may have recovered.
 */
function candidates(exchange: Exchange, broken: Rung): Rung[] {
  const { rungs } = exchange.chain;
  const inOrder = [...rungs.slice(broken.index + 1), broken, ...rungs.slice(0, broken.index)];
  // A continuation is made of a chat stream's events: a target that speaks another dialect cannot take part.
  return inOrder.filter((rung) => rung.wires.chat === 'chat' && fits(exchange, rung));
}

/** A client's own prefill is continued with the rest in one: two turns of the assistant in a row mean something else to each server. */
function mayPrefill({ sent }: Exchange, rung: Rung): boolean {
  if (rung.target.capabilities.prefill !== true) return false;
  const begun = begunBy(sent.json);
  return begun === undefined || typeof begun.content === 'string';
}

/** The turn of the assistant that the client itself began. */
function begunBy({ messages }: JsonRecord): JsonRecord | undefined {
  const last: unknown = Array.isArray(messages) ? messages.at(-1) : undefined;
  return isRecord(last) && last.role === 'assistant' ? last : undefined;
}

/** A target that turns out not to take a prefill may still answer when asked the whole question. */
function worthAnotherMode(failure: Failure | undefined): boolean {
  return failure?.class === 'capability_unsupported' || failure?.class === 'invalid_request';
}

/** The client's request with the delivered text as the beginning of the assistant's turn. */
function prefilledBody(exchange: Exchange, rung: Rung, delivered: DeliveredText): Buffer {
  const wish = unheededWish(exchange, rung, 'chat');
  const json = wish === undefined ? exchange.sent.json : withoutWish(exchange.sent.json, wish);
  const messages = Array.isArray(json.messages) ? json.messages : [];
  const begun = begunBy(json);
  const request: Record<string, unknown> = {
    ...json,
    model: rung.target.model,
    messages:
      begun === undefined
        ? [...messages, { role: 'assistant', content: delivered.text }]
        : [...messages.slice(0, -1), { ...begun, content: `${begun.content}${delivered.text}` }],
  };
  for (const cap of ['max_tokens', 'max_completion_tokens']) {
    const value = json[cap];
    if (typeof value === 'number') request[cap] = Math.max(1, value - delivered.events);
  }
  Object.assign(request, cappedMembers(exchange, rung, 'chat'));
  if (rung.provider.streamUsage) request.stream_options = { include_usage: true };
  return Buffer.from(JSON.stringify(request));
}
