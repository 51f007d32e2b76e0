import { parentPort, workerData } from 'node:worker_threads';
import type { LocalThreadData } from './local-embedder.ts';
import type { ThreadJob, ThreadReply } from './thread-embedder.ts';

interface Model {
  embed(texts: readonly string[]): Promise<readonly (readonly number[])[]>;
}

const { embeddings, model: weights }: LocalThreadData = workerData;
let loading: Promise<Model> | undefined;

/** Both packages are CommonJS without types that fit. */
async function load(): Promise<Model> {
  const [{ default: library }, { default: source }] = await Promise.all([import(embeddings), import(weights)]);
  return library.initModel(source.modelSource);
}

parentPort?.on('message', ({ id, texts }: ThreadJob) => {
  loading ??= load();
  loading
    .then((model) => model.embed(texts))
    .then((vectors): ThreadReply => ({ id, vectors: vectors.map((vector) => Float32Array.from(vector)) }))
    .catch((error: unknown): ThreadReply => ({ id, failure: error instanceof Error ? error.message : String(error) }))
    .then((reply) => parentPort?.postMessage(reply));
});
// The model is loaded while nobody waits for it yet.
loading = load();
loading.catch(() => undefined);
