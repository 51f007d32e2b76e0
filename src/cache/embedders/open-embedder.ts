import type { Clock } from '../../clock.ts';
import type { EmbedderConfig } from '../../config/cache-config.ts';
import type { Embedder, EmbedTrouble } from './embedder.ts';
import { LocalEmbedder } from './local-embedder.ts';
import { openOnnxEmbedder } from './onnx/onnx-embedder.ts';
import { TargetEmbedder, type TargetEmbedderOptions } from './target-embedder.ts';

export interface EmbedderTools {
  readonly clock: Clock;
  readonly callTarget: TargetEmbedderOptions['callTarget'];
  readonly onTrouble?: (trouble: EmbedTrouble) => void;
}

/** What makes vectors as configured. Rejects with {@link EmbedderUnavailable}. */
export async function openEmbedder(choice: EmbedderConfig, tools: EmbedderTools): Promise<Embedder> {
  switch (choice.kind) {
    case 'target': {
      const { target, dimensions, timeout } = choice;
      const model = target.slice(target.indexOf('/') + 1);
      return new TargetEmbedder({ target, model, dimensions, timeout, ...tools });
    }
    case 'local':
      return new LocalEmbedder({ timeout: choice.timeout, ...tools });
    case 'onnx': {
      const { clock, onTrouble } = tools;
      return openOnnxEmbedder({ model: choice.model, timeout: choice.timeout, clock, onTrouble });
    }
  }
}
