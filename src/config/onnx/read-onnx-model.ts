import { basename } from 'node:path';
import { checkTokenizer } from './check-tokenizer.ts';
import { type GraphSignature, readSignature, TENSOR_TYPES, type TensorFacts } from './graph-signature.ts';
import { codeOf, findModelFiles, nameIn, readModelJson } from './model-files.ts';
import { ONNX_INPUTS, type OnnxInput, type OnnxModel, OnnxModelError, type Pooling } from './onnx-model.ts';
import { NotProtobuf } from './protobuf-file.ts';
import { readSentenceSettings, type SentenceSettings } from './sentence-settings.ts';

/** What is written of a model; undefined: what its own files say. */
export interface OnnxOptions {
  readonly pooling: Pooling | undefined;
  readonly maxTokens: number | undefined;
  readonly prefix: string | undefined;
}

/** Where neither the model nor the operator says, what most models were made for. */
const DEFAULT_MAX_TOKENS = 512;
/** What exports call their outputs: one vector a text, one a token. */
const SENTENCE_OUTPUTS: readonly string[] = ['sentence_embedding', 'sentence_embeddings'];
const TOKEN_OUTPUTS: readonly string[] = ['last_hidden_state', 'token_embeddings'];

interface Output {
  readonly name: string;
  readonly pooling: Pooling | undefined;
  readonly dimensions: number | undefined;
}

/**
 * Looks at a model as far as that is possible without running it: that all of its files are there, that its inputs can be given and its
 * output understood. Reads some kilobytes of the model, and the tokenizer.
 *
 * @param path a folder, or a model file in one
 * @throws {OnnxModelError} for the first thing that is wrong
 */
export function readOnnxModel(path: string, options: OnnxOptions): OnnxModel {
  const files = findModelFiles(path);
  const { folder, file, tokenizer, tokenizerConfig, version } = files;
  checkTokenizer(readModelJson(folder, 'tokenizer.json'));
  const name = nameIn(folder, file);
  const signature = signatureOf(file, name);
  if (signature.hasOutsideWeights)
    throw new OnnxModelError(`${name} keeps its weights in another file: export it into one file`);
  const inputs = chooseInputs(name, signature.inputs);
  const settings = readSentenceSettings(folder);
  const output = chooseOutput(name, signature.outputs, options.pooling, settings);
  const { mostTokens } = settings;
  if (options.maxTokens !== undefined && mostTokens !== undefined && options.maxTokens > mostTokens)
    throw new OnnxModelError(`is above the ${mostTokens} that the model has places for`, 'maxTokens');
  return {
    name: basename(folder),
    file,
    tokenizer,
    tokenizerConfig,
    inputs,
    output: output.name,
    pooling: output.pooling,
    dimensions: output.dimensions,
    maxTokens:
      options.maxTokens ?? settings.maxTokens ?? Math.min(DEFAULT_MAX_TOKENS, mostTokens ?? DEFAULT_MAX_TOKENS),
    prefix: options.prefix ?? settings.prefix ?? '',
    version,
  };
}

function signatureOf(file: string, name: string): GraphSignature {
  try {
    const signature = readSignature(file);
    if (signature !== undefined) return signature;
  } catch (error) {
    if (!(error instanceof NotProtobuf)) throw new OnnxModelError(`${name} cannot be read: ${codeOf(error)}`);
    throw new OnnxModelError(`${name} is no ONNX model, or not all of one: ${error.message}`);
  }
  throw new OnnxModelError(`${name} is no ONNX model: it has no graph`);
}

function chooseInputs(file: string, inputs: readonly TensorFacts[]): readonly OnnxInput[] {
  const chosen = inputs.map(({ name, type }): OnnxInput => {
    const known = ONNX_INPUTS.find((one) => one === name);
    const numbers = TENSOR_TYPES[type];
    if (known === undefined)
      throw new OnnxModelError(`${file} asks for ${JSON.stringify(name)}; known are ${ONNX_INPUTS.join(', ')}`);
    if (numbers !== 'int64' && numbers !== 'int32')
      throw new OnnxModelError(`${file} asks for ${name} as ${numbers ?? `type ${type}`}; known are int64 and int32`);
    return { name: known, type: numbers };
  });
  if (!chosen.some(({ name }) => name === 'input_ids'))
    throw new OnnxModelError(`${file} does not ask for input_ids: it is no model of texts split into tokens`);
  return chosen;
}

function chooseOutput(
  file: string,
  outputs: readonly TensorFacts[],
  pooling: Pooling | undefined,
  settings: SentenceSettings,
): Output {
  const sentence = find(outputs, SENTENCE_OUTPUTS, 2);
  const tokens = find(outputs, TOKEN_OUTPUTS, 3);
  // What the model does itself is what its authors do, layers beyond pooling included; unless something else is written.
  if (sentence !== undefined && (pooling === undefined || tokens === undefined)) {
    if (pooling !== undefined)
      throw new OnnxModelError(`${file} gives one vector a text by itself: leave it out`, 'pooling');
    return { name: sentence.name, pooling: undefined, dimensions: widthOf(file, sentence, 2) };
  }
  if (tokens === undefined) {
    const names =
      outputs
        .map(({ name }) => name)
        .join(', ')
        .slice(0, 200) || 'nothing';
    const known = [...SENTENCE_OUTPUTS.slice(0, 1), ...TOKEN_OUTPUTS].join(', ');
    throw new OnnxModelError(
      `${file} gives ${names}, none of which can be told for vectors of texts; known are ${known}`,
    );
  }
  const beyond = settings.layerBeyondPooling;
  if (beyond !== undefined && pooling === undefined)
    throw new OnnxModelError(
      `${file} ends before its layer ${beyond} (modules.json): export it with the output sentence_embedding`,
    );
  const chosen = pooling ?? settings.pooling;
  if (chosen === undefined)
    throw new OnnxModelError(
      'has no 1_Pooling/config.json beside it, so write pooling: mean or cls, as its authors say; the wrong one finds little',
    );
  const dimensions = widthOf(file, tokens, 3) ?? settings.hiddenSize;
  const { pooledDimensions } = settings;
  if (dimensions !== undefined && pooledDimensions !== undefined && dimensions !== pooledDimensions)
    throw new OnnxModelError(
      `${file} gives vectors of ${dimensions} dimensions, its 1_Pooling/config.json is for ${pooledDimensions}: they do not belong together`,
    );
  return { name: tokens.name, pooling: chosen, dimensions };
}

/** By name; else the only output, by how many dimensions it has. */
function find(outputs: readonly TensorFacts[], names: readonly string[], rank: number): TensorFacts | undefined {
  const named = outputs.find(({ name }) => names.includes(name));
  if (named !== undefined) return named;
  const [only, second] = outputs;
  return second === undefined && only?.shape?.length === rank ? only : undefined;
}

/** The last number of its shape, where that is fixed. */
function widthOf(file: string, { name, type, shape }: TensorFacts, rank: number): number | undefined {
  if (TENSOR_TYPES[type] !== 'float32')
    throw new OnnxModelError(`${file} gives ${name} as ${TENSOR_TYPES[type] ?? `type ${type}`}; known is float32`);
  if (shape !== undefined && shape.length !== rank)
    throw new OnnxModelError(`${file} gives ${name} in ${shape.length} dimensions where ${rank} are expected`);
  return shape?.at(-1);
}
