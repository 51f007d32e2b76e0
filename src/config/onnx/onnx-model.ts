/** How the vectors of a text's tokens become one. */
export const POOLINGS = ['mean', 'cls'] as const;
export type Pooling = (typeof POOLINGS)[number];

/** What a model of texts may ask for; each has a number a token. */
export const ONNX_INPUTS = ['input_ids', 'attention_mask', 'token_type_ids'] as const;

export interface OnnxInput {
  readonly name: (typeof ONNX_INPUTS)[number];
  readonly type: 'int64' | 'int32';
}

/** A sentence-embedding model in a folder of the operator's, and how it is to be used. */
export interface OnnxModel {
  /** What its folder is called. */
  readonly name: string;
  /** Absolute paths. */
  readonly file: string;
  readonly tokenizer: string;
  /** `tokenizer_config.json`, where there is one. */
  readonly tokenizerConfig: string | undefined;
  readonly inputs: readonly OnnxInput[];
  readonly output: string;
  /** Undefined: the model gives one vector a text by itself. */
  readonly pooling: Pooling | undefined;
  /** Undefined: known with the first vector. */
  readonly dimensions: number | undefined;
  /** Longer texts get no vector. */
  readonly maxTokens: number;
  /** Written before every text. */
  readonly prefix: string;
  /** Sizes and times of the files: a reload that finds others opens the model anew. */
  readonly version: string;
}

/** What is wrong with a model, or with what is written of it. */
export class OnnxModelError extends Error {
  override readonly name = 'OnnxModelError';
  /** The option of `cache.embedder` that it is about. */
  readonly option: 'onnx' | 'pooling' | 'maxTokens';

  constructor(message: string, option: OnnxModelError['option'] = 'onnx') {
    super(message);
    this.option = option;
  }
}
