import { Cancellation } from '../cancellation.ts';
import { codecs } from '../dialects/codecs.ts';
import { chatDialect, type Endpoint } from '../dialects/endpoint.ts';
import type { ReportedTokens } from '../dialects/stream-progress.ts';
import { type Failure, UpstreamFailure } from '../failures/failure.ts';
import type { JsonRecord } from '../failures/json-record.ts';
import { ownFailure } from '../failures/own-errors.ts';
import { FAILURE_TABLE } from '../failures/table.ts';
import { upstreamHeaders } from '../providers/headers.ts';
import { WholeAttempt } from '../providers/whole-attempt.ts';
import { tokensOf } from '../providers/wire.ts';
import type { Rung } from './chain.ts';
import type { Runtime } from './runtime.ts';
import { TryLease } from './try-lease.ts';

/** A call of the proxy's own: an embedding, a judge's word. */
export interface InternalCall {
  /** `provider/model`. */
  readonly target: string;
  /** The same with its circuit and keys, where the caller has it at hand. */
  readonly rung?: Rung;
  /** What `json` is a body of. A target that speaks another dialect is told in its own. */
  readonly endpoint: 'chat' | 'embeddings';
  readonly json: JsonRecord;
  /** Clock milliseconds. */
  readonly until: number;
  /** Nobody waits any more. */
  readonly signal?: AbortSignal;
}

export interface InternalAnswer {
  /** In the dialect of `wire`. */
  readonly json: unknown;
  readonly wire: Endpoint;
  readonly tokens: ReportedTokens | undefined;
  readonly rung: Rung;
}

/**
 * One try against one target, under the same circuit, keys and limits as clients' requests; never repeated: what waits for it is a
 * cache.
 *
 * @throws {UpstreamFailure}
 */
export async function callTarget(runtime: Runtime, call: InternalCall): Promise<InternalAnswer> {
  const { clock, telemetry, transport } = runtime;
  const rung = call.rung ?? rungOf(runtime, call.target);
  const wire = rung.wires[call.endpoint];
  if (wire === undefined) throw refused(`${call.target} does not serve ${call.endpoint} requests`);
  const { gate, provider, target } = rung;
  const key = gate.keys?.pick();
  // Called with each client's own key, it would be one client's that pays for all.
  if (key === undefined && (gate.keys !== undefined || provider.passthrough))
    throw refused(`no key of ${provider.name} is usable now`);
  const slot = gate.concurrency?.tryAcquire();
  if (gate.concurrency !== undefined && slot === undefined) throw refused(`${target.id} is at its concurrency limit`);
  const permit = gate.circuit.acquire();
  if ('refused' in permit) {
    slot?.release();
    throw refused(`the circuit of ${target.id} is open`);
  }
  const lease = new TryLease(gate, permit, slot);
  const cancellation = new Cancellation();
  const onAbort = () => cancellation.cancel('hedge_lost');
  if (call.signal?.aborted) onAbort();
  call.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const attempt = new WholeAttempt(
      {
        wire,
        provider,
        path: rung.paths[wire],
        headers: headersFor(upstreamHeaders([], provider, key, undefined), wire),
        newSocket: false,
        body: Buffer.from(JSON.stringify(bodyFor(call, rung, wire))),
        timers: {
          connect: runtime.config.defaults.timeouts.connect,
          firstToken: Number.POSITIVE_INFINITY,
          stall: runtime.config.defaults.timeouts.stall,
          deadlineAt: call.until,
        },
        limits: runtime.config.limits,
        cancellation,
      },
      transport,
      clock,
    );
    const { json, firstTokenMs } = await attempt.run();
    lease.begun(firstTokenMs);
    lease.settle('success');
    telemetry.attemptDone(target.id, 'ok');
    return { json, wire, tokens: tokensOf(wire, json), rung };
  } catch (error) {
    if (!(error instanceof UpstreamFailure)) {
      lease.settle('neutral');
      throw error;
    }
    settleFailed(error.failure, lease, cancellation);
    const { failure } = error;
    telemetry.attemptDone(target.id, failure.class);
    if (key !== undefined && FAILURE_TABLE[failure.class].key === 'cooldown' && failure.retryAfterMs !== undefined)
      gate.keys?.cooldown(key.id, failure.retryAfterMs);
    throw error;
  } finally {
    call.signal?.removeEventListener('abort', onAbort);
  }
}

/** The text of what a model says to one prompt. @throws {UpstreamFailure} */
export async function askTarget(
  runtime: Runtime,
  call: Pick<InternalCall, 'target' | 'until' | 'signal'> & { readonly prompt: string },
): Promise<InternalAnswer & { readonly text: string }> {
  const { target, until, signal, prompt } = call;
  const json = { model: target, messages: [{ role: 'user', content: prompt }], max_completion_tokens: WORD_TOKENS };
  const answer = await callTarget(runtime, {
    target,
    endpoint: 'chat',
    json,
    until,
    ...(signal === undefined ? {} : { signal }),
  });
  const dialect = chatDialect(answer.wire);
  const text = dialect === undefined ? undefined : textOf(dialect, answer.json);
  if (text === undefined) throw refused(`${target} gave no text`);
  return { ...answer, text };
}

/** One word, and what a model thinks before it. */
export const WORD_TOKENS = 512;

/** All text of the first choice of an answer; undefined: there is something else in it, or it is none. */
export function textOf(dialect: NonNullable<ReturnType<typeof chatDialect>>, json: unknown): string | undefined {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
  const { choices } = codecs[dialect].readAnswer({ ...json });
  const [choice, ...others] = choices;
  if (choice === undefined || others.length > 0) return undefined;
  let text = '';
  for (const part of choice.parts) {
    if (part.kind === 'reasoning') continue;
    if (part.kind !== 'text') return undefined;
    text += part.text;
  }
  return text === '' ? undefined : text;
}

/** The rung of a target, with its circuit and keys. */
export function rungOf({ chains }: Runtime, target: string): Rung {
  const chain = chains.find(target);
  const rung = 'error' in chain ? undefined : chain.rungs[0];
  if (rung === undefined) throw refused(`${target} is not configured`);
  return rung;
}

function bodyFor({ endpoint, json }: InternalCall, rung: Rung, wire: Endpoint): JsonRecord {
  const { target, provider } = rung;
  const dialect = chatDialect(wire);
  if (endpoint !== 'chat' || dialect === undefined) return { ...json, model: target.model };
  const conversation = codecs.chat.readRequest(json);
  if ('mistake' in conversation) throw refused(conversation.message);
  const isOpenAi = provider.family === 'openai' || provider.family === 'azure';
  return codecs[dialect].writeRequest(conversation, {
    model: target.model,
    defaultMaxTokens: WORD_TOKENS,
    prefill: target.capabilities.prefill,
    maxTokensField: isOpenAi ? 'max_completion_tokens' : 'max_tokens',
  }).json;
}

function headersFor(headers: string[], wire: Endpoint): string[] {
  return wire === 'messages' ? [...headers, 'anthropic-version', '2023-06-01'] : headers;
}

/** A deadline of ours says nothing of the target: it is shorter than what clients' requests have. */
function settleFailed({ class: name, code }: Failure, lease: TryLease, { reason }: Cancellation): void {
  const own = reason !== undefined || code === 'deadline_exceeded';
  lease.settle(own ? 'neutral' : FAILURE_TABLE[name].circuit);
}

function refused(message: string): UpstreamFailure {
  return new UpstreamFailure(ownFailure('no_target_open', message));
}
