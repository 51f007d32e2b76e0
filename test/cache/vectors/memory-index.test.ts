import { join } from 'node:path';
import { MemoryVectorIndex } from '../../../src/cache/vectors/memory/memory-index.ts';
import { stateDir } from '../../state/state-dir.ts';
import { vectorIndexConformance } from './conformance.ts';

const mebibyte = 1_048_576;
const directory = stateDir();

vectorIndexConformance('memory', async ({ clock, space }) => {
  const index = await MemoryVectorIndex.open({ space, clock, maxBytes: mebibyte, perTenant: mebibyte });
  return { index, close: () => index.close() };
});

vectorIndexConformance('memory with a file', async ({ clock, space }) => {
  const open = () =>
    MemoryVectorIndex.open({
      space,
      clock,
      maxBytes: mebibyte,
      perTenant: mebibyte,
      file: join(directory, 'vectors.db'),
    });
  let index = await open();
  return {
    index,
    async reopen() {
      await index.close();
      index = await open();
      return index;
    },
    close: () => index.close(),
  };
});
