import type { EmbedTroubleKind } from './embedder.ts';

/** The body of an OpenAI-compatible `POST /embeddings`. */
export interface EmbeddingsRequest {
  readonly model: string;
  readonly input: readonly string[];
  readonly dimensions?: number;
  readonly encoding_format: 'float' | 'base64';
}

export interface EmbeddingsAnswer {
  /** In the order of the input, all of one dimension, every number finite, none of length zero. */
  readonly vectors: readonly Float32Array[];
  readonly inputTokens: number | undefined;
}

/** An answer that cannot be used. */
export class BadEmbeddings extends Error {
  override readonly name = 'BadEmbeddings';
  readonly kind: EmbedTroubleKind;

  constructor(kind: EmbedTroubleKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** @param dimensions undefined: any, the same for all @throws {BadEmbeddings} */
export function readEmbeddings(json: unknown, count: number, dimensions: number | undefined): EmbeddingsAnswer {
  const data = field(json, 'data');
  if (!Array.isArray(data)) throw new BadEmbeddings('invalid', 'an answer without a list of data');
  if (data.length !== count) throw new BadEmbeddings('invalid', `${data.length} vectors for ${count} texts`);
  const vectors: (Float32Array | undefined)[] = new Array<Float32Array | undefined>(count).fill(undefined);
  for (const [place, item] of data.entries()) {
    const index = field(item, 'index') ?? place;
    if (typeof index !== 'number' || !(index in vectors) || vectors[index] !== undefined)
      throw new BadEmbeddings('invalid', `a vector with the index ${String(index)}`);
    vectors[index] = readVector(field(item, 'embedding'));
  }
  const whole = vectors.filter((vector) => vector !== undefined);
  checkVectors(whole, dimensions);
  const tokens = field(field(json, 'usage'), 'prompt_tokens');
  return { vectors: whole, inputTokens: typeof tokens === 'number' && tokens >= 0 ? tokens : undefined };
}

/** @throws {BadEmbeddings} */
export function checkVectors(vectors: readonly Float32Array[], dimensions: number | undefined): void {
  const expected = dimensions ?? vectors[0]?.length;
  for (const vector of vectors) {
    if (vector.length === 0) throw new BadEmbeddings('invalid', 'an empty vector');
    if (vector.length !== expected)
      throw new BadEmbeddings('dimensions', `a vector of ${vector.length} dimensions where ${expected} are expected`);
    const sum = vector.reduce((squares, value) => squares + value * value, 0);
    if (!Number.isFinite(sum)) throw new BadEmbeddings('invalid', 'a vector with a NaN or an infinity in it');
    if (sum === 0) throw new BadEmbeddings('invalid', 'a vector of zeros');
  }
}

/** Numbers, or 32-bit floats in base64: some servers answer with one where the other was asked for. */
function readVector(given: unknown): Float32Array {
  if (Array.isArray(given))
    return Float32Array.from(given, (value) => (typeof value === 'number' ? value : Number.NaN));
  if (typeof given !== 'string') throw new BadEmbeddings('invalid', 'an entry without a vector');
  const bytes = Buffer.from(given, 'base64');
  if (bytes.byteLength % 4 !== 0) throw new BadEmbeddings('invalid', 'a vector cut off in the middle of a number');
  return new Float32Array(new Uint8Array(bytes).buffer);
}

function field(json: unknown, name: string): unknown {
  return typeof json === 'object' && json !== null ? Reflect.get(json, name) : undefined;
}
