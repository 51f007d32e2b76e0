import type { ReserveRequest, Settlement } from '../budget-store.ts';

const wrong = (field: string, must: string, value: number): RangeError =>
  new RangeError(`${field} must be ${must}, not ${value}`);

const whole = (field: string, value: number): void => {
  if (!Number.isSafeInteger(value) || value < 0) throw wrong(field, 'a whole number from 0 to 2^53-1', value);
};

const finite = (field: string, value: number): void => {
  if (!Number.isFinite(value)) throw wrong(field, 'a finite number', value);
};

const positive = (field: string, value: number): void => {
  if (!(value > 0 && value < Number.POSITIVE_INFINITY)) throw wrong(field, 'a finite number above 0', value);
};

/** @throws {RangeError} naming the field, where a number cannot be counted with or a key is asked twice */
export function checkReserve({ leaseMs, counters, rates }: ReserveRequest): void {
  positive('leaseMs', leaseMs);
  for (const ask of counters) {
    whole('limit', ask.limit);
    whole('amount', ask.amount);
    finite('windowStart', ask.windowStart);
    if (ask.windowEnd !== undefined) finite('windowEnd', ask.windowEnd);
    if (ask.forgetAfter !== undefined) positive('forgetAfter', ask.forgetAfter);
  }
  for (const ask of rates) {
    positive('emissionMs', ask.emissionMs);
    whole('burst', ask.burst);
    whole('cost', ask.cost);
  }
  onlyOnce(counters);
  onlyOnce(rates);
}

/** @throws {RangeError} naming the field */
export function checkSettlement({ charges, refunds }: Settlement): void {
  for (const charge of charges) {
    whole('amount', charge.amount);
    finite('windowStart', charge.windowStart);
    if (charge.windowEnd !== undefined) finite('windowEnd', charge.windowEnd);
    if (charge.forgetAfter !== undefined) positive('forgetAfter', charge.forgetAfter);
  }
  for (const refund of refunds) {
    positive('emissionMs', refund.emissionMs);
    whole('units', refund.units);
  }
}

/** Twice the same key would be checked twice against the same level, and taken twice. There are few, so no set is made of them. */
function onlyOnce(asks: readonly { readonly key: string }[]): void {
  for (let index = 1; index < asks.length; index++) {
    const key = asks[index]?.key;
    for (let before = 0; before < index; before++) {
      if (asks[before]?.key === key) throw new RangeError(`key ${key} is asked twice`);
    }
  }
}
