import { availableParallelism, cpus, release, totalmem, type } from 'node:os';

/** The machine in one line: figures without it mean nothing. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.replaceAll(/\s+/g, ' ').trim() ?? 'unknown CPU';
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${availableParallelism()} x ${model}, ${memory} GB, ${type()} ${release()}, Node ${process.versions.node}`;
}
