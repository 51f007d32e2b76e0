import { EmbedderUnavailable } from '../embedder.ts';
import { findPackages } from '../find-package.ts';

/** What can run a model, the faster first. Neither comes with Breakwater: they are larger than all the rest of it. */
export const ONNX_RUNTIMES = ['onnxruntime-node', 'onnxruntime-web'] as const;

export interface OnnxRuntimePlace {
  readonly name: (typeof ONNX_RUNTIMES)[number];
  /** File URL. */
  readonly url: string;
}

/**
 * The runtimes that are installed, in the order in which they are to be tried.
 *
 * @param directories where they may lie, besides beside this program
 * @throws {EmbedderUnavailable} where there is none
 */
export function findRuntimes(
  directories: readonly string[] = [process.cwd()],
  own?: string,
): readonly OnnxRuntimePlace[] {
  const found = ONNX_RUNTIMES.flatMap((name) => {
    const [url] = findPackages([name], directories, own) ?? [];
    return url === undefined ? [] : { name, url };
  });
  if (found.length > 0) return found;
  throw new EmbedderUnavailable(
    'nothing here can run an ONNX model: run "npm install --ignore-scripts onnxruntime-node" where breakwater is started (or onnxruntime-web, slower and without native code)',
  );
}

/** As much of onnxruntime's interface as is used; both packages have it. */
export interface OnnxRuntime {
  readonly Tensor: new (
    type: 'int64' | 'int32',
    data: BigInt64Array | Int32Array,
    dimensions: readonly number[],
  ) => OnnxTensor;
  readonly InferenceSession: {
    create(model: Uint8Array, options: Readonly<Record<string, unknown>>): Promise<OnnxSession>;
  };
  readonly env?: { readonly wasm?: { numThreads?: number } };
}

export interface OnnxTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: unknown;
}

export interface OnnxSession {
  run(inputs: Readonly<Record<string, OnnxTensor>>): Promise<Readonly<Record<string, OnnxTensor | undefined>>>;
}
