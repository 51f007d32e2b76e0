import { readModelJson } from './model-files.ts';
import { OnnxModelError, type Pooling } from './onnx-model.ts';

/** What lies beside a model about how it was trained. Undefined: nobody says. */
export interface SentenceSettings {
  readonly pooling: Pooling | undefined;
  /** Of the vectors that pooling gives. */
  readonly pooledDimensions: number | undefined;
  /** Of the vectors of tokens. */
  readonly hiddenSize: number | undefined;
  /** What the authors tell it to be asked with. */
  readonly maxTokens: number | undefined;
  /** More than that it has no places for. */
  readonly mostTokens: number | undefined;
  readonly prefix: string | undefined;
  /** A layer after pooling that an export of the transformer alone has not got. */
  readonly layerBeyondPooling: string | undefined;
}

const POOLING = '1_Pooling/config.json';
const OWN_LAYERS: readonly string[] = ['Transformer', 'Pooling', 'Normalize'];
/** `model_max_length` of tokenizers that have none. */
const ABSURD_LENGTH = 1_000_000;

/** The files that sentence-transformers keeps beside a model. @throws {OnnxModelError} where one cannot be read */
export function readSentenceSettings(folder: string): SentenceSettings {
  const read = (name: string) => readModelJson(folder, name);
  const pooling = read(POOLING);
  const config = read('config.json');
  const sentence = read('sentence_bert_config.json');
  const tokenizer = read('tokenizer_config.json');
  const prompts = read('config_sentence_transformers.json');
  const limit = count(tokenizer, 'model_max_length');
  const mostTokens = count(config, 'max_position_embeddings');
  return {
    pooling: pooling === undefined ? undefined : readPooling(pooling),
    pooledDimensions: count(pooling, 'word_embedding_dimension'),
    hiddenSize: count(config, 'hidden_size'),
    maxTokens: count(sentence, 'max_seq_length') ?? (limit !== undefined && limit < ABSURD_LENGTH ? limit : undefined),
    mostTokens,
    prefix: readPrompt(prompts),
    layerBeyondPooling: findLayerBeyondPooling(read('modules.json')),
  };
}

function readPooling(config: unknown): Pooling | undefined {
  const modes = Object.entries(Object(config)).flatMap(([name, on]) =>
    name.startsWith('pooling_mode_') && on === true ? name.slice('pooling_mode_'.length) : [],
  );
  // Newer files name it: {"pooling_mode": "mean"}.
  const named = field(config, 'pooling_mode');
  if (typeof named === 'string') modes.push(named);
  if (modes.length === 0) return undefined;
  const [mode, second] = modes;
  if (second === undefined && (mode === 'mean_tokens' || mode === 'mean')) return 'mean';
  if (second === undefined && (mode === 'cls_token' || mode === 'cls')) return 'cls';
  throw new OnnxModelError(`${POOLING} asks for pooling by ${modes.join(' and ')}: known are mean, cls`);
}

function readPrompt(config: unknown): string | undefined {
  const name = field(config, 'default_prompt_name');
  const prompt = typeof name === 'string' ? field(field(config, 'prompts'), name) : undefined;
  return typeof prompt === 'string' ? prompt : undefined;
}

function findLayerBeyondPooling(modules: unknown): string | undefined {
  if (!Array.isArray(modules)) return undefined;
  const layers = modules.map((module) => String(field(module, 'type')).split('.').at(-1) ?? '');
  return layers.find((layer) => !OWN_LAYERS.includes(layer));
}

function count(json: unknown, name: string): number | undefined {
  const value = field(json, name);
  return typeof value === 'number' && Number.isSafeInteger(Math.floor(value)) && value >= 1
    ? Math.floor(value)
    : undefined;
}

function field(json: unknown, name: string): unknown {
  return typeof json === 'object' && json !== null ? Reflect.get(json, name) : undefined;
}
