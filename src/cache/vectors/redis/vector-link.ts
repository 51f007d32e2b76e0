import { createHash } from 'node:crypto';
import type { RedisLink } from '../../../state/redis/link.ts';
import type { VectorSpace } from '../vector-index.ts';

/** All that vector indexes need of Redis. Every call ends within the link's time. */
export type VectorLink = Pick<RedisLink, 'call' | 'callBuffer'>;

/** The server lacks what an index is built on; waiting does not help. The message is one line for the operator. */
export class VectorIndexUnsupported extends Error {
  override readonly name = 'VectorIndexUnsupported';
  readonly code = 'vector_index_unsupported';
}

/** A short name for a space, for use in keys: vectors of two embedders never meet. */
export function spaceTag({ embedder, dimensions }: VectorSpace): string {
  return createHash('sha256').update(`${dimensions} ${embedder}`).digest('hex').slice(0, 12);
}

/** As Redis wants them: 32-bit floats, little-endian. */
export function vectorBytes(vector: Float32Array): Buffer {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
}

/** What a server said, without the arguments it repeats. */
export function refusalOf(error: Error): string {
  return error.message.split(', with args', 1)[0] ?? '';
}
