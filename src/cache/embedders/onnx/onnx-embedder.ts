import type { Clock } from '../../../clock.ts';
import type { OnnxModel } from '../../../config/onnx/onnx-model.ts';
import { EmbedderUnavailable, type EmbedTrouble } from '../embedder.ts';
import { ThreadEmbedder, workerBeside } from '../thread-embedder.ts';
import { embedderId, modelDigest } from './model-digest.ts';
import { findRuntimes, type OnnxRuntimePlace } from './onnx-runtime.ts';

export interface OnnxThreadData {
  readonly model: OnnxModel;
  /** Of the files as they were when the embedder got its name: a thread that finds others has no business under it. */
  readonly digest: string;
  readonly runtimes: readonly OnnxRuntimePlace[];
}

export interface OnnxEmbedderOptions {
  readonly model: OnnxModel;
  /** The most a call may take, milliseconds. */
  readonly timeout: number;
  readonly clock: Clock;
  readonly onTrouble?: ((trouble: EmbedTrouble) => void) | undefined;
  /** What may run the model. Default: what is installed. */
  readonly runtimes?: readonly OnnxRuntimePlace[];
}

/**
 * A sentence-embedding model of the operator's own, in a thread of its own. The thread loads it at once; what is asked before waits for that
 * as long as it may.
 *
 * @throws {EmbedderUnavailable} where nothing can run it, or its files cannot be read
 */
export async function openOnnxEmbedder(options: OnnxEmbedderOptions): Promise<ThreadEmbedder> {
  const { model, timeout, clock, onTrouble } = options;
  const runtimes = options.runtimes ?? findRuntimes();
  const digest = await modelDigest(model).catch((error: unknown) => {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new EmbedderUnavailable(`the ONNX model ${model.name} cannot be read: ${reason}`);
  });
  const data: OnnxThreadData = { model, digest, runtimes };
  const embedder = new ThreadEmbedder({
    id: embedderId(model, digest),
    dimensions: model.dimensions,
    shadowOnly: false,
    thread: { url: workerBeside(import.meta.url, 'onnx-worker'), data },
    isNative: true,
    timeout,
    clock,
    onTrouble,
  });
  embedder.warm();
  return embedder;
}
