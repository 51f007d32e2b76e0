import { parentPort, workerData } from 'node:worker_threads';
import { END, type ThreadJob, type ThreadReply } from '../thread-embedder.ts';
import { type Encoder, loadEncoder, TextTooLong } from './load-encoder.ts';

let loading: Promise<Encoder> | undefined;
let isEnding = false;
/** One run at a time: not every runtime can do several. */
let turn: Promise<void> = Promise.resolve();

/** What failed to load is tried again by the next job. */
function load(): Promise<Encoder> {
  const begun = loadEncoder(workerData);
  begun.catch(() => {
    if (loading === begun) loading = undefined;
  });
  return begun;
}

async function answer({ id, texts }: ThreadJob): Promise<ThreadReply> {
  try {
    loading ??= load();
    const encode = await loading;
    const vectors: Float32Array[] = [];
    for (const text of texts) {
      if (isEnding) throw new Error('it was closed');
      vectors.push(await encode(text));
    }
    return { id, vectors };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    return error instanceof TextTooLong ? { id, failure, kind: 'too-long' } : { id, failure };
  }
}

parentPort?.on('message', (job: ThreadJob | typeof END) => {
  if (job === END) {
    isEnding = true;
    // With nothing to listen to any more the thread ends, after what it is at.
    parentPort?.close();
    return;
  }
  turn = turn.then(async () => parentPort?.postMessage(await answer(job)));
});
// The model is loaded while nobody waits for it yet.
loading = load();
