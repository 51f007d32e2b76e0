import { InvalidCallError, isObject, type JsonObject } from './call.ts';

/** The request body as an object. @throws {InvalidCallError} */
export function readBody(body: Buffer): JsonObject {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString());
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidCallError(`We could not parse the JSON body of your request. ${reason}`);
  }
  if (!isObject(parsed)) throw new InvalidCallError('The JSON body of your request must be an object.');
  return parsed;
}
