import { readFile } from 'node:fs/promises';
import { Tokenizer } from '@huggingface/tokenizers';
import type { OnnxModel } from '../../../config/onnx/onnx-model.ts';
import { modelDigest, modelFiles } from './model-digest.ts';
import type { OnnxThreadData } from './onnx-embedder.ts';
import type { OnnxRuntime, OnnxRuntimePlace, OnnxTensor } from './onnx-runtime.ts';
import { sentenceVector } from './sentence-vector.ts';

/** A text has more tokens than the model was made for: what it would not see, it cannot compare. */
export class TextTooLong extends Error {
  override readonly name = 'TextTooLong';
}

export type Encoder = (text: string) => Promise<Float32Array>;

/** Rejects, in words for a log, where the files have changed, do not fit together or cannot be run here. */
export async function loadEncoder({ model, digest, runtimes }: OnnxThreadData): Promise<Encoder> {
  // What is looked at is what is used, whatever happens to the files meanwhile.
  const files = new Map<string, Buffer>();
  for (const path of modelFiles(model)) files.set(path, await readFile(path));
  const bytesOf = (path: string | undefined) => files.get(path ?? '') ?? Buffer.from('{}');
  if ((await modelDigest(model, (path) => [bytesOf(path)])) !== digest)
    throw new Error('the model’s files have changed since it was opened: reload the configuration');
  const tokenizer = makeTokenizer(bytesOf(model.tokenizer), bytesOf(model.tokenizerConfig));
  const runtime = await loadRuntime(runtimes);
  const session = await runtime.InferenceSession.create(bytesOf(model.file), {
    // One core a call: the others are the proxy's.
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    // Errors only. What a model's makers could have done better, nobody here can mend.
    logSeverityLevel: 3,
  });
  return async (text) => {
    const ids = tokenize(tokenizer, model, text);
    const inputs: Record<string, OnnxTensor> = {};
    for (const { name, type } of model.inputs) {
      const numbers = name === 'input_ids' ? ids : ids.map(() => (name === 'attention_mask' ? 1 : 0));
      const data = type === 'int64' ? BigInt64Array.from(numbers, BigInt) : Int32Array.from(numbers);
      inputs[name] = new runtime.Tensor(type, data, [1, ids.length]);
    }
    const output = (await session.run(inputs))[model.output];
    if (output === undefined) throw new Error(`the model gave no ${model.output}`);
    return sentenceVector(output, model.pooling);
  };
}

/** One text a run: nothing is padded, so that no text's vector depends on what it was asked beside. */
function tokenize(tokenizer: Tokenizer, { prefix, maxTokens }: OnnxModel, text: string): readonly number[] {
  const ids: readonly (number | undefined)[] = tokenizer.encode(prefix + text).ids;
  if (ids.length > maxTokens) throw new TextTooLong(`${ids.length} tokens, of which the model reads ${maxTokens}`);
  if (ids.length === 0) throw new Error('the text has no tokens');
  return ids.map((id) => {
    if (id === undefined) throw new Error('the tokenizer has no number for a part of the text');
    return id;
  });
}

function makeTokenizer(tokenizer: Buffer, config: Buffer): Tokenizer {
  const read = (bytes: Buffer): object => Object(JSON.parse(bytes.toString('utf8')));
  // The library insists on parts that others leave out.
  const parts = { decoder: null, post_processor: null, pre_tokenizer: null, normalizer: null, added_tokens: [] };
  return new Tokenizer({ ...parts, ...read(tokenizer) }, read(config));
}

/** Native code may be for another system than this one; then the next one may do. */
async function loadRuntime(places: readonly OnnxRuntimePlace[]): Promise<OnnxRuntime> {
  let failure: unknown;
  for (const { name, url } of places) {
    try {
      const runtime: OnnxRuntime = (await import(url)).default;
      // It would start threads of its own.
      if (name === 'onnxruntime-web' && runtime.env?.wasm !== undefined) runtime.env.wasm.numThreads = 1;
      return runtime;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}
