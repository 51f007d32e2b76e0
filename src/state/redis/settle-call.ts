import type { Settlement, SettleReply } from '../budget-store.ts';
import { writeEntry } from './ledger-line.ts';

/** The arguments of `lua/settle.lua`. `fresh`: no earlier sending of this settlement can have been carried out unseen. */
export function settleArguments(
  settlement: Settlement,
  now: string,
  fresh: boolean,
  ledgerLength: number,
): (string | number)[] {
  const { ids, charges, refunds, entry } = settlement;
  const args: (string | number)[] = [
    now,
    settlement.held ? 1 : 0,
    fresh ? 1 : 0,
    ids.length,
    charges.length,
    refunds.length,
    entry ? writeEntry(entry) : '',
    ledgerLength,
    ...ids,
  ];
  for (const charge of charges) {
    args.push(charge.key, charge.windowStart, charge.windowEnd ?? '', charge.forgetAfter ?? '', charge.amount);
  }
  for (const refund of refunds) args.push(refund.key, refund.emissionMs, refund.units);
  return args;
}

/** @throws {TypeError} where it is no reply of that script */
export function readSettleReply(reply: unknown): SettleReply {
  if (!Array.isArray(reply)) throw new TypeError('settle.lua did not answer with a list');
  if (reply[0] !== 1) return { settled: false, late: false, counters: [] };
  const counters: SettleReply['counters'][number][] = [];
  for (let at = 2; at < reply.length; at += 4) {
    counters.push(
      reply[at] === 1
        ? { before: Number(reply[at + 1]), after: Number(reply[at + 2]), held: Number(reply[at + 3]) }
        : undefined,
    );
  }
  return { settled: true, late: reply[1] === 1, counters };
}
