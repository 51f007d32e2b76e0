import { InvalidCallError, type JsonObject } from './call.ts';
import type { NumberApi } from './dialect.ts';
import { openAIErrors } from './openai-error.ts';
import { hashText, mix } from './words.ts';

/** How many dimensions each word or pair of words sets. */
const MARKS = 12;

const DEFAULT_DIMENSIONS = 1536;
const LARGE_DIMENSIONS = 3072;
const MAX_DIMENSIONS = 8192;

/** OpenAI Embeddings. */
export const openAIEmbeddings: NumberApi = {
  kind: 'numbers',
  answer: (body, model) => embed(readEmbeddingsCall(body, model)),
  ...openAIErrors,
  hollow: (_kind, { model }) => `{"object":"list","data":[],"model":${JSON.stringify(model)}}`,
};

interface EmbeddingsCall {
  readonly inputs: readonly string[];
  readonly dimensions: number;
  /** Little-endian 32-bit floats in base64, what OpenAI's own client asks for, instead of a list of numbers. */
  readonly base64: boolean;
  readonly model: string;
}

function readEmbeddingsCall(fields: JsonObject, model: string): EmbeddingsCall {
  const { input, dimensions, encoding_format: format } = fields;
  const large = model.includes('large') ? LARGE_DIMENSIONS : DEFAULT_DIMENSIONS;
  const wanted = dimensions ?? large;
  if (!Number.isInteger(wanted) || Number(wanted) < 1 || Number(wanted) > MAX_DIMENSIONS) {
    throw new InvalidCallError(`Invalid 'dimensions': expected an integer from 1 to ${MAX_DIMENSIONS}.`, 'dimensions');
  }
  return { inputs: readInputs(input), dimensions: Number(wanted), base64: format === 'base64', model };
}

function embed({ inputs, dimensions, base64, model }: EmbeddingsCall): { body: string; tokens: number } {
  let tokens = 0;
  const data = inputs.map((text, index) => {
    tokens += Math.max(1, Math.ceil(text.length / 4));
    const vector = embedText(text, dimensions);
    const embedding = base64
      ? `"${Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64')}"`
      : `[${vector.join(',')}]`;
    return `{"object":"embedding","index":${index},"embedding":${embedding}}`;
  });
  const usage = `"usage":{"prompt_tokens":${tokens},"total_tokens":${tokens}}`;
  return { body: `{"object":"list","data":[${data.join(',')}],"model":${JSON.stringify(model)},${usage}}`, tokens };
}

/**
 * A unit vector that the text alone decides. Words and pairs of neighbours each set a few dimensions, so texts that share
 * words lie near one another and others are close to orthogonal.
 */
export function embedText(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  let previous = '';
  for (const word of words) {
    mark(vector, hashText(word), 1);
    mark(vector, hashText(`${previous} ${word}`), 0.5);
    previous = word;
  }
  if (words.length === 0) mark(vector, hashText(text), 1);
  let squares = 0;
  for (const value of vector) squares += value * value;
  // Marks may cancel out, in few dimensions.
  if (squares === 0) vector[0] = squares = 1;
  const scale = 1 / Math.sqrt(squares);
  return vector.map((value) => value * scale);
}

function mark(vector: Float32Array, hash: number, weight: number): void {
  for (let i = 0; i < MARKS; i++) {
    const bits = mix(hash, i);
    const at = (bits >>> 1) % vector.length;
    vector[at] = (vector[at] ?? 0) + (bits & 1 ? weight : -weight);
  }
}

function readInputs(input: unknown): string[] {
  const inputs = isTokenList(input) || typeof input === 'string' ? [input] : input;
  if (!Array.isArray(inputs) || inputs.length === 0)
    throw new InvalidCallError("Invalid 'input': expected text or a list.", 'input');
  return inputs.map((item) => {
    if (typeof item === 'string' && item !== '') return item;
    if (isTokenList(item)) return item.join(' ');
    throw new InvalidCallError("Invalid 'input': expected non-empty texts or lists of tokens.", 'input');
  });
}

function isTokenList(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'number');
}
