import { parentPort, workerData } from 'node:worker_threads';
import { scratch } from './arena.ts';
import { CodeScan } from './code-scan.ts';
import { kernelOver } from './kernel.ts';
import type { ScanJob, ScanReply, ScanThreadData } from './scan-thread.ts';

const { memory, codeBytes }: ScanThreadData = workerData;
// The first part of the scratch memory is the main thread's.
const scan = new CodeScan(kernelOver(memory), memory, scratch.bytes, codeBytes);

parentPort?.on('message', ({ id, query }: ScanJob) => {
  const reply: ScanReply = { id, positions: scan.nearest(query) };
  parentPort?.postMessage(reply);
});
