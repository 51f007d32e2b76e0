import { parentPort, workerData } from 'node:worker_threads';
import type { FileReply, FileThreadData } from './file-thread.ts';
import { type RowChanges, VectorFile } from './vector-file.ts';

const { file }: FileThreadData = workerData;
let open: VectorFile | undefined;

parentPort?.on('message', (changes: RowChanges | 'close') => {
  if (changes === 'close') {
    open?.close();
    parentPort?.close();
    return;
  }
  const reply: FileReply = { failure: write(changes) };
  parentPort?.postMessage(reply);
});

/** @returns what went wrong */
function write(changes: RowChanges): string | undefined {
  try {
    open ??= new VectorFile(file);
    open.apply(changes);
    return undefined;
  } catch (error) {
    open?.close();
    open = undefined;
    return error instanceof Error ? error.message : String(error);
  }
}
