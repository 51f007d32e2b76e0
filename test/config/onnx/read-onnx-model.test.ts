import assert from 'node:assert/strict';
import { statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { type OnnxModel, OnnxModelError } from '../../../src/config/onnx/onnx-model.ts';
import { type OnnxOptions, readOnnxModel } from '../../../src/config/onnx/read-onnx-model.ts';
import { type FolderFiles, MEAN, modelFolder, WHOLE } from './model-folder.ts';
import { bytes, fixed32, fixed64, message, number } from './protobuf-bytes.ts';
import { ALL_INPUTS, FLOAT, FLOAT16, INT32, INT64, SENTENCE, TOKENS, tinyModel } from './tiny-model.ts';
import { BYTE_PAIRS, UNIGRAM, WORD_PIECE } from './tiny-tokenizers.ts';

const made: { remove(): void }[] = [];
afterEach(() => {
  for (const folder of made.splice(0)) folder.remove();
});

function folderOf(files: FolderFiles) {
  const folder = modelFolder(files);
  made.push(folder);
  return folder;
}

const NOTHING_WRITTEN: OnnxOptions = { pooling: undefined, maxTokens: undefined, prefix: undefined };

function read(files: FolderFiles, written: Partial<OnnxOptions> = {}, below = ''): OnnxModel {
  return readOnnxModel(join(folderOf({ ...WHOLE, ...files }).path, below), { ...NOTHING_WRITTEN, ...written });
}

function problemOf(work: () => unknown): OnnxModelError {
  try {
    work();
  } catch (error) {
    if (error instanceof OnnxModelError) return error;
    throw error;
  }
  return assert.fail('nothing was wrong');
}

const model = (options: Parameters<typeof tinyModel>[0]) => ({ 'model.onnx': tinyModel(options) });

describe('a model folder', () => {
  it('is read off its files', () => {
    const folder = folderOf(WHOLE);
    const { version, ...facts } = readOnnxModel(folder.path, NOTHING_WRITTEN);
    assert.deepEqual(facts, {
      name: 'tiny',
      file: join(folder.path, 'model.onnx'),
      tokenizer: join(folder.path, 'tokenizer.json'),
      tokenizerConfig: undefined,
      inputs: ALL_INPUTS.map(([name]) => ({ name, type: 'int64' })),
      output: 'last_hidden_state',
      pooling: 'mean',
      dimensions: 4,
      maxTokens: 512,
      prefix: '',
    });
    assert.match(version, new RegExp(`^${statSync(facts.file).size} `));
  });

  it('may have its model in onnx/, and others beside it', () => {
    const files = { 'model.onnx': undefined, 'onnx/model.onnx': tinyModel(), 'onnx/small.onnx': tinyModel() };
    assert.match(read(files).file, /tiny.onnx.model\.onnx$/);
    const named = read(files, {}, 'onnx/small.onnx');
    assert.match(named.file, /small\.onnx$/);
    assert.deepEqual([named.name, named.pooling], ['tiny', 'mean']);
    assert.match(read({ 'other.onnx': tinyModel() }, {}, 'other.onnx').file, /other\.onnx$/);
  });

  it('changes its version with its files', () => {
    const folder = folderOf(WHOLE);
    const before = readOnnxModel(folder.path, NOTHING_WRITTEN).version;
    assert.equal(readOnnxModel(folder.path, NOTHING_WRITTEN).version, before);
    folder.write('model.onnx', tinyModel({ words: 40 }));
    assert.notEqual(readOnnxModel(folder.path, NOTHING_WRITTEN).version, before);
  });

  const poolings: readonly (readonly [
    what: string,
    files: FolderFiles,
    output: string,
    pooling: string | undefined,
  ])[] = [
    ['mean', {}, 'last_hidden_state', 'mean'],
    [
      'the first token',
      { '1_Pooling/config.json': { pooling_mode_cls_token: true, pooling_mode_mean_tokens: false } },
      'last_hidden_state',
      'cls',
    ],
    ['as newer files name it', { '1_Pooling/config.json': { pooling_mode: 'cls' } }, 'last_hidden_state', 'cls'],
    ['by itself', model({ outputs: [TOKENS, SENTENCE] }), 'sentence_embedding', undefined],
    ['by itself, under another name', model({ outputs: [{ ...SENTENCE, name: 'x' }] }), 'x', undefined],
    [
      'by itself, with a layer more',
      { ...model({ outputs: [SENTENCE] }), 'modules.json': layers('Dense') },
      'sentence_embedding',
      undefined,
    ],
    ['mean, of an output of another name', model({ outputs: [{ ...TOKENS, name: 'y' }] }), 'y', 'mean'],
  ];
  for (const [what, files, output, pooling] of poolings)
    it(`pools ${what}`, () => {
      const found = read(files);
      assert.deepEqual([found.output, found.pooling, found.dimensions], [output, pooling, 4]);
    });

  it('pools as is written, whatever lies beside it', () => {
    assert.equal(read({}, { pooling: 'cls' }).pooling, 'cls');
    assert.equal(read({ '1_Pooling/config.json': undefined }, { pooling: 'cls' }).pooling, 'cls');
    const both = read(model({ outputs: [TOKENS, SENTENCE] }), { pooling: 'mean' });
    assert.deepEqual([both.output, both.pooling], ['last_hidden_state', 'mean']);
  });

  it('takes fewer inputs, and shorter numbers', () => {
    const inputs = [
      ['input_ids', INT32],
      ['attention_mask', INT32],
    ] as const;
    assert.deepEqual(read(model({ inputs })).inputs, [
      { name: 'input_ids', type: 'int32' },
      { name: 'attention_mask', type: 'int32' },
    ]);
  });

  const lengths: readonly (readonly [what: string, files: FolderFiles, maxTokens: number])[] = [
    [
      'its authors',
      { 'sentence_bert_config.json': { max_seq_length: 256 }, 'tokenizer_config.json': { model_max_length: 512 } },
      256,
    ],
    ['its tokenizer', { 'tokenizer_config.json': { model_max_length: 384 } }, 384],
    [
      'its places, where its tokenizer has no end',
      { 'tokenizer_config.json': { model_max_length: 1e30 }, 'config.json': { max_position_embeddings: 128 } },
      128,
    ],
    ['nobody', { 'config.json': { max_position_embeddings: 8192 } }, 512],
  ];
  for (const [who, files, maxTokens] of lengths)
    it(`reads as many tokens as ${who} says`, () => assert.equal(read(files).maxTokens, maxTokens));

  it('has the prompt that is written, else its own', () => {
    const prompts = { prompts: { query: 'query: ', passage: 'passage: ' }, default_prompt_name: 'query' };
    const files = { 'config_sentence_transformers.json': prompts };
    assert.equal(read(files).prefix, 'query: ');
    assert.equal(read(files, { prefix: 'q: ' }).prefix, 'q: ');
    const none = { 'config_sentence_transformers.json': { ...prompts, default_prompt_name: null } };
    assert.equal(read(none).prefix, '');
  });

  it('may have a tokenizer of each kind', () => {
    for (const tokenizer of [WORD_PIECE, BYTE_PAIRS, UNIGRAM])
      assert.equal(read({ 'tokenizer.json': tokenizer }).dimensions, 4);
  });

  it('tells weights from inputs in old files', () => {
    const inputs = [...ALL_INPUTS, ['table', FLOAT]] as const;
    assert.equal(read(model({ inputs })).inputs.length, 3);
  });

  it('passes over what it need not know', () => {
    const strange = message(fixed32(30, 1), fixed64(31, 2), bytes(32, 'x'), number(33, 2 ** 40));
    assert.equal(read({ 'model.onnx': Buffer.concat([strange, tinyModel(), strange]) }).dimensions, 4);
  });
});

function layers(...types: readonly string[]) {
  return ['Transformer', 'Pooling', ...types].map((type) => ({ type: `sentence_transformers.models.${type}` }));
}

describe('a model folder that will not do', () => {
  const without = (name: string) => ({ ...WHOLE, [name]: undefined });
  const split = (behavior: string) => ({
    ...WORD_PIECE,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [{ type: 'Split', pattern: { String: ' ' }, behavior, invert: false }],
    },
  });
  const refused: readonly (readonly [what: string, files: FolderFiles, problem: RegExp])[] = [
    ['has no model', without('model.onnx'), /^has neither model\.onnx nor onnx\/model\.onnx; of a file/],
    ['has no tokenizer', without('tokenizer.json'), /^has no tokenizer\.json: a model alone/],
    [
      'was cloned without its model',
      { 'model.onnx': 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n' },
      /pointer of Git LFS: run "git lfs pull"/,
    ],
    [
      'was cloned without its tokenizer',
      { 'tokenizer.json': 'version https://git-lfs.github.com/spec/v1\n' },
      /tokenizer\.json is only a pointer/,
    ],
    ['has a tokenizer that is no JSON', { 'tokenizer.json': '{' }, /tokenizer\.json is no JSON/],
    ['has a tokenizer of another kind', { 'tokenizer.json': { words: [] } }, /none of the Hugging Face format/],
    [
      'has a tokenizer with an unknown model',
      { 'tokenizer.json': { model: { type: 'WordLevel' } } },
      /type WordLevel; known are WordPiece, BPE, Unigram/,
    ],
    [
      'has a tokenizer with an unknown part',
      { 'tokenizer.json': { ...WORD_PIECE, normalizer: { type: 'Nmt' } } },
      /normalizer of the type Nmt/,
    ],
    [
      'splits texts as the library does not',
      { 'tokenizer.json': split('MergedWithNext') },
      /splits texts with MergedWithNext/,
    ],
    ['has a model that is empty', { 'model.onnx': '' }, /no ONNX model: it has no graph/],
    ['has a model that is a text', { 'model.onnx': '<!doctype html>' }, /no ONNX model, or not all of one/],
    ['has a model without a graph', { 'model.onnx': message(number(1, 7)) }, /it has no graph/],
    ['has weights elsewhere', model({ outside: true }), /keeps its weights in another file/],
    ['has no input_ids', model({ inputs: [['attention_mask', INT64]] }), /does not ask for input_ids/],
    [
      'has an unknown input',
      model({ inputs: [...ALL_INPUTS, ['position_ids', INT64]] }),
      /asks for "position_ids"; known are input_ids, attention_mask, token_type_ids/,
    ],
    [
      'has an input of fractions',
      model({ inputs: [['input_ids', FLOAT]] }),
      /asks for input_ids as float32; known are int64 and int32/,
    ],
    [
      'gives what nobody knows',
      model({
        outputs: [
          { ...TOKENS, name: 'logits' },
          { ...SENTENCE, name: 'score' },
        ],
      }),
      /gives logits, score, none of which/,
    ],
    [
      'gives half floats',
      model({ outputs: [{ ...TOKENS, type: FLOAT16 }] }),
      /gives last_hidden_state as float16; known is float32/,
    ],
    [
      'gives another shape',
      model({
        outputs: [
          { ...TOKENS, rank: 2 },
          { ...TOKENS, name: 'z' },
        ],
      }),
      /gives last_hidden_state in 2 dimensions where 3 are expected/,
    ],
    ['does not say how to pool', without('1_Pooling/config.json'), /write pooling: mean or cls/],
    [
      'pools as nobody can',
      { '1_Pooling/config.json': { pooling_mode_lasttoken: true } },
      /pooling by lasttoken: known are mean, cls/,
    ],
    [
      'pools in two ways',
      { '1_Pooling/config.json': { ...MEAN, pooling_mode_cls_token: true } },
      /pooling by cls_token and mean_tokens/,
    ],
    [
      'pools other vectors',
      { '1_Pooling/config.json': { ...MEAN, word_embedding_dimension: 384 } },
      /vectors of 4 dimensions, its 1_Pooling\/config\.json is for 384/,
    ],
    ['ends before its last layer', { 'modules.json': layers('Dense', 'Normalize') }, /ends before its layer Dense/],
  ];
  for (const [what, files, problem] of refused)
    it(`is refused where it ${what}`, () => {
      const { message: said, option } = problemOf(() => read(files));
      assert.match(said, problem);
      // Its place may be what a variable holds.
      assert.doesNotMatch(said, /breakwater-model/);
      assert.equal(option, 'onnx');
    });

  it('is refused where there is none', () => {
    assert.match(problemOf(() => read({}, {}, 'nowhere')).message, /^there is no such folder/);
    assert.match(problemOf(() => read({}, {}, 'model.onnx/below')).message, /^there is no such folder/);
  });

  it('is refused, wherever its model was cut off', () => {
    const folder = folderOf(WHOLE);
    const file = join(folder.path, 'model.onnx');
    // The last field names the operators' version, which nothing here depends on.
    for (let size = statSync(file).size - 8; size > 0; size -= 3) {
      truncateSync(file, size);
      assert.match(problemOf(() => readOnnxModel(folder.path, NOTHING_WRITTEN)).message, /no ONNX model/);
    }
  });

  it('names the option where one is wrong', () => {
    const own = problemOf(() => read(model({ outputs: [SENTENCE] }), { pooling: 'mean' }));
    assert.deepEqual([own.option, /by itself: leave it out/.test(own.message)], ['pooling', true]);
    const long = problemOf(() => read({ 'config.json': { max_position_embeddings: 512 } }, { maxTokens: 513 }));
    assert.deepEqual([long.option, long.message], ['maxTokens', 'is above the 512 that the model has places for']);
  });
});
