import type { Clock } from '../../clock.ts';
import { type Embedder, EmbedderUnavailable, type EmbedTrouble } from './embedder.ts';
import { LocalEmbedder } from './local-embedder.ts';
import { TargetEmbedder, type TargetEmbedderOptions } from './target-embedder.ts';

/** As `cache.embedder` is configured. */
export type EmbedderChoice =
  | {
      readonly kind: 'target';
      /** `provider/model` */
      readonly target: string;
      readonly dimensions: number | undefined;
      readonly timeout: number;
    }
  | { readonly kind: 'local'; readonly timeout: number }
  | { readonly kind: 'onnx'; readonly path: string; readonly timeout: number };

export interface EmbedderTools {
  readonly clock: Clock;
  readonly callTarget: TargetEmbedderOptions['callTarget'];
  readonly onTrouble?: (trouble: EmbedTrouble) => void;
}

/** @throws {EmbedderUnavailable} */
export function openEmbedder(choice: EmbedderChoice, tools: EmbedderTools): Embedder {
  switch (choice.kind) {
    case 'target': {
      const { target, dimensions, timeout } = choice;
      const model = target.slice(target.indexOf('/') + 1);
      return new TargetEmbedder({ target, model, dimensions, timeout, ...tools });
    }
    case 'local':
      return new LocalEmbedder({ timeout: choice.timeout, ...tools });
    case 'onnx':
      // What runs such files downloads its own binaries when it is installed, and a file says nothing of how its words are split.
      throw new EmbedderUnavailable(
        `cache.embedder.onnx (${choice.path}) is not supported: serve the model with an OpenAI-compatible server and name it as target`,
      );
  }
}

/** Dimensions of models that are often used, where the configuration names none; undefined: known with the first vector. */
export function knownDimensions(target: string): number | undefined {
  return dimensionsByModel.get(target.slice(target.lastIndexOf('/') + 1));
}

const dimensionsByModel: ReadonlyMap<string, number> = new Map([
  ['text-embedding-3-small', 1_536],
  ['text-embedding-3-large', 3_072],
  ['text-embedding-ada-002', 1_536],
  ['mistral-embed', 1_024],
  ['nomic-embed-text', 768],
  ['bge-m3', 1_024],
]);
