import type { Level, Refusal, ReserveReply, ReserveRequest } from '../budget-store.ts';

/** The arguments of `lua/reserve.lua`. `call` tells this call from any other with the same id. */
export function reserveArguments(request: ReserveRequest, now: string, call: string): (string | number)[] {
  const { scopes, counters, rates } = request;
  const args: (string | number)[] = [
    now,
    request.id,
    call,
    request.leaseMs,
    scopes.length,
    counters.length,
    rates.length,
    ...scopes,
  ];
  for (const ask of counters) {
    args.push(ask.key, ask.limit, ask.amount, ask.windowStart, ask.windowEnd ?? '', ask.forgetAfter ?? '');
  }
  for (const ask of rates) args.push(ask.key, ask.emissionMs, ask.burst, ask.cost);
  return args;
}

/** @throws {TypeError} where it is no reply of that script */
export function readReserveReply(request: ReserveRequest, reply: unknown): ReserveReply {
  if (!Array.isArray(reply)) throw new TypeError('reserve.lua did not answer with a list');
  const now = Number(reply[1]);
  if (reply[0] === 2) return { kind: 'stale-window', now };
  if (reply[0] === 1) {
    const counters: Level[] = [];
    for (let at = 2; at < reply.length; at += 2) {
      counters.push({ spent: Number(reply[at]), held: Number(reply[at + 1]) });
    }
    return { kind: 'held', now, counters };
  }
  const [first, ...more] = readRefusals(request, reply);
  if (!first) throw new TypeError('reserve.lua refused without a reason');
  return { kind: 'refused', now, by: [first, ...more] };
}

function readRefusals(request: ReserveRequest, reply: readonly unknown[]): Refusal[] {
  const by: Refusal[] = [];
  let at = 2;
  while (at < reply.length) {
    const index = Number(reply[at + 1]);
    if (reply[at] === 'p') {
      by.push({ kind: 'paused', scope: request.scopes[index] ?? '', reason: String(reply[at + 2]) });
      at += 3;
    } else if (reply[at] === 'c') {
      by.push({ kind: 'counter', index, level: { spent: Number(reply[at + 2]), held: Number(reply[at + 3]) } });
      at += 4;
    } else {
      const wait = reply[at + 2];
      by.push({ kind: 'rate', index, retryAfterMs: wait === '' ? undefined : Number(wait) });
      at += 3;
    }
  }
  return by;
}
