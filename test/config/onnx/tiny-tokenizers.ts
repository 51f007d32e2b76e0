const SPECIAL = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };

/** `[CLS] words [SEP]`, as models of the BERT family split texts. */
export const WORD_PIECE = {
  version: '1.0',
  truncation: { max_length: 4, strategy: 'LongestFirst', stride: 0 },
  padding: { strategy: { Fixed: 16 }, direction: 'Right', pad_id: 0, pad_type_id: 0, pad_token: '[PAD]' },
  added_tokens: [
    { id: 0, content: '[PAD]', ...SPECIAL },
    { id: 1, content: '[UNK]', ...SPECIAL },
    { id: 2, content: '[CLS]', ...SPECIAL },
    { id: 3, content: '[SEP]', ...SPECIAL },
  ],
  normalizer: {
    type: 'BertNormalizer',
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [
      { SpecialToken: { id: '[CLS]', type_id: 0 } },
      { Sequence: { id: 'A', type_id: 0 } },
      { SpecialToken: { id: '[SEP]', type_id: 0 } },
    ],
    pair: [],
    special_tokens: {
      '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
      '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
    },
  },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(
      [
        ['[PAD]', '[UNK]', '[CLS]', '[SEP]'],
        ['how', 'do', 'i', 'reset', 'my', 'pass', '##word', '?', 'your', 'query', ':', 'un', '##like', '##ly'],
      ]
        .flat()
        .map((word, id) => [word, id]),
    ),
  },
};

/** Bytes merged in pairs, as models of the GPT and RoBERTa families do; nothing is put around. */
export const BYTE_PAIRS = {
  version: '1.0',
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
  post_processor: null,
  decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
  model: {
    type: 'BPE',
    vocab: { a: 0, b: 1, c: 2, Ġ: 3, ab: 4, abc: 5, Ġabc: 6, Ġa: 7 },
    merges: ['a b', 'ab c', 'Ġ abc', 'Ġ a'],
  },
};

/** The likeliest of all ways to split, as models of the XLM and T5 families do. */
export const UNIGRAM = {
  version: '1.0',
  added_tokens: [
    { id: 0, content: '<unk>', ...SPECIAL },
    { id: 1, content: '</s>', ...SPECIAL },
  ],
  normalizer: { type: 'NFKC' },
  pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ Sequence: { id: 'A', type_id: 0 } }, { SpecialToken: { id: '</s>', type_id: 0 } }],
    pair: [],
    special_tokens: { '</s>': { id: '</s>', ids: [1], tokens: ['</s>'] } },
  },
  decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
  model: {
    type: 'Unigram',
    unk_id: 0,
    vocab: [
      ['<unk>', 0],
      ['</s>', 0],
      ['▁re', -2],
      ['set', -2],
      ['▁reset', -5],
      ['▁', -3],
      ['r', -4],
      ['e', -4],
      ['s', -4],
      ['t', -4],
    ],
  },
};
