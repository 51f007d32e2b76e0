import type { Exchange } from './exchange.ts';

/** Members by which a client asks for faster or placed service, and the values that cost more than a model's listed price. */
const DEAR: readonly { readonly param: string; readonly values: ReadonlySet<unknown> | undefined }[] = [
  { param: 'service_tier', values: new Set(['priority', 'fast']) },
  { param: 'speed', values: new Set(['fast']) },
  { param: 'inference_geo', values: undefined },
];

/** A wish that would cost more than what a budget holds for it; undefined: there is none. */
export function dearerThanListed({ call }: Exchange): { readonly param: string; readonly message: string } | undefined {
  for (const { param, values } of DEAR) {
    if (call.body.kind(param) !== 'string') continue;
    const value = call.body.value(param);
    if (values !== undefined && !values.has(value)) continue;
    const message =
      `"${param}": ${JSON.stringify(String(value).slice(0, 40))} costs more than the model's known price, so no budget in money can hold for it: ` +
      'leave it out, or use a key without a budget in money.';
    return { param, message };
  }
  return undefined;
}

/** An answer that the provider makes after it has sent one: what it costs would be charged to nobody. Undefined: it is none. */
export function paidLater({
  call,
  endpoint,
}: Exchange): { readonly param: string; readonly message: string } | undefined {
  if (endpoint !== 'responses' || call.body.value('background') !== true) return undefined;
  const message =
    '"background": true: nobody tells this proxy what such an answer costs in the end, so no budget in money or tokens can be charged for it: ' +
    'leave it out, or use a key without such a budget.';
  return { param: 'background', message };
}
