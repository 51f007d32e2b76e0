import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { OnnxModel } from '../../../config/onnx/onnx-model.ts';

const CHUNK_BYTES = 1024 * 1024;
const SHOWN_DIGITS = 16;
const LONGEST_NAME = 64;

/**
 * SHA-256 in hex of everything that a model's vectors depend on: its files and how they are used. Rejects where one cannot be read.
 *
 * @param bytesOf what is in a file; default: read piece by piece, so that no request waits for hundreds of megabytes
 */
export async function modelDigest(
  model: OnnxModel,
  bytesOf: (path: string) => AsyncIterable<Uint8Array> | Iterable<Uint8Array> = (path) =>
    createReadStream(path, { highWaterMark: CHUNK_BYTES }),
): Promise<string> {
  const { inputs, output, pooling, prefix } = model;
  const hash = createHash('sha256').update(JSON.stringify({ inputs, output, pooling, prefix }));
  for (const path of modelFiles(model)) {
    const one = createHash('sha256');
    for await (const chunk of bytesOf(path)) one.update(chunk);
    hash.update(one.digest());
  }
  return hash.digest('hex');
}

/** In a fixed order. */
export function modelFiles({ file, tokenizer, tokenizerConfig }: OnnxModel): readonly string[] {
  return tokenizerConfig === undefined ? [file, tokenizer] : [file, tokenizer, tokenizerConfig];
}

/** What names the embedder in scopes, indexes and logs: another model under the same name is another embedder. */
export function embedderId({ name }: OnnxModel, digest: string): string {
  return `onnx/${name.replaceAll(/[^\w.-]/g, '-').slice(0, LONGEST_NAME)}@sha256-${digest.slice(0, SHOWN_DIGITS)}`;
}
