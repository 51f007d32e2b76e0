import { OnnxModelError } from './onnx-model.ts';

/** The parts that the library which reads `tokenizer.json` knows; it does not see, or sees too late, what is not among them. */
const MODELS = ['WordPiece', 'BPE', 'Unigram'] as const;
const PARTS = {
  normalizer: [
    'BertNormalizer',
    'Lowercase',
    'NFC',
    'NFD',
    'NFKC',
    'NFKD',
    'Precompiled',
    'Prepend',
    'Replace',
    'Sequence',
    'Strip',
    'StripAccents',
  ],
  pre_tokenizer: [
    'BertPreTokenizer',
    'ByteLevel',
    'Digits',
    'FixedLength',
    'Metaspace',
    'Punctuation',
    'Replace',
    'Sequence',
    'Split',
    'Whitespace',
    'WhitespaceSplit',
  ],
  post_processor: ['BertProcessing', 'ByteLevel', 'RobertaProcessing', 'Sequence', 'TemplateProcessing'],
} as const;
/** What a `Sequence` of each part is made of. */
const MEMBERS = { normalizer: 'normalizers', pre_tokenizer: 'pretokenizers', post_processor: 'processors' } as const;
const SPLITS: readonly unknown[] = ['removed', 'isolated'];

/**
 * Says no to a tokenizer that would split texts otherwise here than where the model was trained.
 *
 * @param json what `tokenizer.json` holds
 * @throws {OnnxModelError}
 */
export function checkTokenizer(json: unknown): void {
  const model = Reflect.get(Object(json), 'model');
  if (typeof model !== 'object' || model === null)
    throw new OnnxModelError('tokenizer.json is none of the Hugging Face format: it has no model');
  const type: unknown = Reflect.get(model, 'type');
  // Old files do not say; the library tells by what else is in them.
  if (type !== undefined && !MODELS.some((one) => one === type))
    throw new OnnxModelError(`tokenizer.json has a model of the type ${String(type)}; known are ${MODELS.join(', ')}`);
  for (const part of ['normalizer', 'pre_tokenizer', 'post_processor'] as const)
    checkPart(part, Reflect.get(Object(json), part));
}

function checkPart(part: keyof typeof PARTS, given: unknown): void {
  if (given === undefined || given === null) return;
  const type: unknown = Reflect.get(Object(given), 'type');
  if (!PARTS[part].some((one) => one === type))
    throw new OnnxModelError(`tokenizer.json has a ${part} of the type ${String(type)}, which is not supported`);
  if (type === 'Sequence') {
    const members: unknown = Reflect.get(Object(given), MEMBERS[part]);
    if (Array.isArray(members)) for (const member of members) checkPart(part, member);
  }
  if (part !== 'pre_tokenizer' || type !== 'Split') return;
  const behavior: unknown = Reflect.get(Object(given), 'behavior');
  if (!SPLITS.includes(String(behavior).toLowerCase()))
    throw new OnnxModelError(`tokenizer.json splits texts with ${String(behavior)}, which is not supported`);
}
