import assert from 'node:assert/strict';
import OpenAI from 'openai';

/** What the official client makes of a refusal. */
export interface Refusal {
  readonly status: number | undefined;
  readonly code: string | null | undefined;
  readonly type: string | undefined;
  readonly message: string;
  /** `retry-after`, seconds, and `x-should-retry`: `undefined` where the header is absent. */
  readonly retryAfter: number | undefined;
  readonly shouldRetry: string | undefined;
  readonly header: (name: string) => string | null;
}

/** The error a call of the official client ends in; an answer fails the test. */
export async function refusalOf(call: PromiseLike<unknown>): Promise<Refusal> {
  const error = await call.then(
    () => assert.fail('it was answered'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof OpenAI.APIError, String(error));
  const header = (name: string) => error.headers?.get(name) ?? null;
  const retryAfter = header('retry-after');
  return {
    status: error.status,
    code: error.code,
    type: error.type,
    message: error.message,
    retryAfter: retryAfter === null ? undefined : Number(retryAfter),
    shouldRetry: header('x-should-retry') ?? undefined,
    header,
  };
}
