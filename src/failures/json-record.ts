/** A parsed JSON object: what an upstream sent, of which nothing is known yet. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/** True for JSON objects; arrays and null are not records. */
export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Decodes and parses a body. Bytes that are no JSON give `undefined` (JSON itself has no such value); never throws. */
export function parseJson(body: Uint8Array): unknown {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  return parseJsonText(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
}

/** Parses JSON text; text that is no JSON gives `undefined`. */
export function parseJsonText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
