import type { ContextConfig } from '../config/context-config.ts';
import { type CompactionResult, type Compactor, isSurelyShort } from '../context/compaction/compactor.ts';
import { codecs } from '../dialects/codecs.ts';
import type { ChatDialect } from '../dialects/conversation/request.ts';
import { chatDialect } from '../dialects/endpoint.ts';
import { JsonMembers } from '../dialects/json-members.ts';
import { withBody } from '../dialects/openai-request.ts';
import type { Account } from './account.ts';
import type { Exchange } from './exchange.ts';
import type { Runtime } from './runtime.ts';
import { summarizerFor } from './summarizer.ts';
import type { Tenancy } from './tenancy.ts';

/** Of the time that is left, what may go by waiting for a summary: the rest is for the answer. */
const SHARE_OF_DEADLINE = 0.5;

/**
 * The stage `compaction`: where the agent's conversations are to be kept short and this one is long, targets get a shorter one (`sent`).
 * Whatever goes wrong, they get what the client sent. Never rejects.
 *
 * @returns undefined, at once, where there is nothing to do
 */
export function compaction(exchange: Exchange, runtime: Runtime, tenancy: Tenancy): Promise<void> | undefined {
  const { account, chain, endpoint, call } = exchange;
  const settings = account?.identity.policy.context;
  const { compactor } = runtime;
  if (account === undefined || settings === undefined || compactor === undefined) return undefined;
  const dialect = chatDialect(endpoint);
  // The first target's tokens are meant whoever answers: a fallback must move no cut.
  const model = chain.rungs[0]?.target.model;
  if (dialect === undefined || model === undefined || isSurelyShort(call.body, settings, model)) return undefined;
  return shorten(exchange, runtime, { tenancy, compactor, account, settings, dialect, model }).catch((error: unknown) =>
    runtime.telemetry.defect(error),
  );
}

interface Shortening {
  readonly tenancy: Tenancy;
  readonly compactor: Compactor;
  readonly account: Account;
  readonly settings: ContextConfig;
  readonly dialect: ChatDialect;
  readonly model: string;
}

async function shorten(exchange: Exchange, runtime: Runtime, shortening: Shortening): Promise<void> {
  const { tenancy, compactor, account, settings, dialect, model } = shortening;
  const { call, id, deadlineAt } = exchange;
  const { identity } = account;
  exchange.conversation ??= codecs[dialect].readRequest(call.json);
  const { conversation } = exchange;
  // What we cannot read is its provider's to judge.
  if ('mistake' in conversation) return;
  const now = runtime.clock.now();
  const wait = Math.min(settings.wait, (deadlineAt - now) * SHARE_OF_DEADLINE);
  const { summarizer } = settings;
  const compacting = compactor.compact({
    scope: `${identity.tenant.name}\u0000${identity.agent ?? ''}`,
    settings,
    model,
    conversation,
    body: call.body,
    deadline: now + wait,
    summarize: summarizerFor(runtime, tenancy, { identity, exchangeId: id, summarizer }),
  });
  const result = await unlessCancelled(exchange, compacting);
  if (result === undefined) return;
  exchange.waitedMs += result.waitedMs;
  if (result.kind === 'compacted') take(exchange, result);
  const came = result.kind === 'compacted' ? 'compacted' : result.why;
  if (came === 'short') return;
  runtime.telemetry.contextAsked(
    came,
    result.kind === 'compacted' ? Math.max(0, result.tokensBefore - result.tokensAfter) : 0,
  );
}

/** From here on the shorter conversation is what is sent, held for, estimated and translated. */
function take(exchange: Exchange, result: CompactionResult & { kind: 'compacted' }): void {
  const body = JsonMembers.read(result.body);
  if (!(body instanceof JsonMembers)) throw new Error('a conversation that was made shorter is no JSON object');
  const { turns, tokensBefore, tokensAfter } = result;
  exchange.sent = withBody(exchange.call, body);
  exchange.conversation = result.conversation;
  exchange.compaction = { turns, tokensBefore, tokensAfter };
  // Known of the long one, if at all.
  exchange.misfits = undefined;
  if (exchange.account !== undefined) exchange.account.measure = undefined;
}

/** Undefined: nobody waits any more. The summary is made all the same, for the client that comes again. */
function unlessCancelled<T>({ cancellation }: Exchange, work: Promise<T>): Promise<T | undefined> {
  if (cancellation.reason !== undefined) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const giveUp = (): void => resolve(undefined);
    cancellation.on(giveUp);
    work.then(resolve, reject).finally(() => cancellation.off(giveUp));
  });
}
