import { EmbedderUnavailable } from '../cache/embedders/embedder.ts';
import { findRuntimes } from '../cache/embedders/onnx/onnx-runtime.ts';
import type { Config } from '../config/config.ts';

/** What a configured embedder needs of this machine and does not find. The machine that serves may be another. */
export function embedderWarnings({ cache }: Config, directories?: readonly string[], own?: string): readonly string[] {
  if (cache.embedder?.kind !== 'onnx') return [];
  try {
    findRuntimes(directories, own);
    return [];
  } catch (error) {
    if (!(error instanceof EmbedderUnavailable)) throw error;
    return [`cache.embedder.onnx: ${error.message}`];
  }
}
