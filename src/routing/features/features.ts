import type { WordGroup } from './lexicon.ts';
import type { PromptText } from './prompt-text.ts';
import { bitsOf, Tally, tallyText } from './tally.ts';

/** A number told from a text, in words for whoever reads a policy. */
interface Feature {
  readonly name: string;
  readonly of: (tally: Tally, prompt: PromptText) => number;
}

const flag = (value: boolean): number => (value ? 1 : 0);

/** A count on a scale on which the tenth of something says less than the first. */
const some = (count: number): number => Math.log1p(count);

/** Signs in a hundred characters, dampened: a text of nothing else must not outweigh everything. */
const share = (count: number, tally: Tally): number => Math.sqrt((100 * count) / Math.max(20, tally.chars));

const group = (name: WordGroup): Feature => ({
  name: `words.${name}`,
  of: (tally) => Math.sqrt((100 * tally.count(name)) / Math.max(8, tally.words)),
});

const asks = (name: WordGroup): Feature => {
  const bit = bitsOf([name]);
  return { name: `asks.${name}`, of: ({ firstAsk }) => flag((firstAsk & bit) !== 0) };
};

const begins = (name: WordGroup): Feature => {
  const bit = bitsOf([name]);
  return { name: `begins.${name}`, of: ({ firstGroups }) => flag((firstGroups & bit) !== 0) };
};

const QUESTION_MARK = 0x3f;
const FULL_STOP = 0x2e;
const COLON = 0x3a;

const FEATURES: readonly Feature[] = [
  { name: 'length', of: (_, { length }) => some(length) },
  { name: 'length.over200', of: (_, { length }) => Math.max(0, some(length) - Math.log1p(200)) },
  { name: 'length.over1000', of: (_, { length }) => Math.max(0, some(length) - Math.log1p(1_000)) },
  { name: 'sentences', of: ({ sentences }) => some(sentences) },
  { name: 'wordsASentence', of: ({ words, sentences }) => some(words / Math.max(1, sentences)) },
  { name: 'wordLength', of: ({ letters, words }) => Math.min(12, letters / Math.max(1, words)) },
  { name: 'longWords', of: (tally) => Math.sqrt((100 * tally.longWords) / Math.max(8, tally.words)) },
  { name: 'lines', of: ({ lines }) => some(lines - 1) },
  { name: 'blankLines', of: ({ blankLines }) => some(blankLines) },
  { name: 'indented', of: ({ indented }) => some(indented) },
  { name: 'bullets', of: ({ bullets }) => some(bullets) },
  { name: 'options', of: ({ options }) => flag(options >= 2) },
  { name: 'fences', of: ({ fences }) => flag(fences > 0) },
  { name: 'names', of: (tally) => Math.sqrt((100 * tally.names) / Math.max(8, tally.words)) },
  { name: 'acronyms', of: ({ acronyms }) => some(acronyms) },
  { name: 'symbols', of: ({ symbols }) => some(symbols) },
  { name: 'numbers', of: ({ numbers }) => some(numbers) },
  { name: 'numbers.none', of: ({ numbers }) => flag(numbers === 0) },
  { name: 'digits', of: (tally) => share(tally.digits, tally) },
  { name: 'years', of: ({ years }) => flag(years > 0) },
  { name: 'decimals', of: ({ decimals }) => some(decimals) },
  { name: 'money', of: ({ money, percents }) => flag(money + percents > 0) },
  { name: 'commas', of: (tally) => share(tally.commas, tally) },
  { name: 'quotes', of: (tally) => share(tally.quotes, tally) },
  { name: 'brackets', of: (tally) => share(tally.brackets, tally) },
  { name: 'codeMarks', of: (tally) => share(tally.codeMarks, tally) },
  { name: 'mathMarks', of: (tally) => share(tally.mathMarks, tally) },
  { name: 'blankToFill', of: ({ blanksToFill, symbols }) => flag(blanksToFill > 0 && symbols === 0) },
  { name: 'nonAscii', of: (tally) => share(tally.nonAscii, tally) },
  { name: 'eastAsian', of: (tally) => flag(tally.eastAsian * 10 > tally.chars) },
  { name: 'otherScripts', of: (tally) => flag(tally.otherScripts * 10 > tally.chars) },
  { name: 'questions', of: ({ questions }) => some(questions) },
  { name: 'ends.question', of: ({ last }) => flag(last === QUESTION_MARK) },
  { name: 'ends.stop', of: ({ last }) => flag(last === FULL_STOP) },
  { name: 'ends.open', of: ({ last }) => flag(last !== QUESTION_MARK && last !== FULL_STOP && last !== COLON) },
  { name: 'startsSmall', of: ({ startsSmall }) => flag(startsSmall) },
  asks('who'),
  asks('when'),
  asks('where'),
  asks('what'),
  asks('which'),
  asks('why'),
  asks('how'),
  { name: 'asks.nothing', of: ({ firstAsk }) => flag(firstAsk === 0) },
  begins('doing'),
  begins('conditions'),
  begins('reasoning'),
  begins('simple'),
  group('code'),
  group('codeLike'),
  group('maths'),
  group('quantity'),
  group('science'),
  group('facts'),
  group('steps'),
  group('conditions'),
  group('reasoning'),
  group('simple'),
  group('doing'),
  group('people'),
  group('chance'),
  group('negation'),
  group('glue'),
  group('superlatives'),
  group('follows'),
  group('asksCount'),
  group('staged'),
  { name: 'tools', of: (_, { flags }) => flag(flags.tools) },
  { name: 'structured', of: (_, { flags }) => flag(flags.structured) },
  { name: 'images', of: (_, { flags }) => flag(flags.images) },
  { name: 'inToolLoop', of: (_, { flags }) => flag(flags.inToolLoop) },
];

export const FEATURE_NAMES: readonly string[] = FEATURES.map(({ name }) => name);

/** The numbers of a prompt, in the order of {@link FEATURE_NAMES}. Deterministic, at most 12 kB looked at. */
export function featuresOf(prompt: PromptText): Float64Array {
  return toFeatures(tallyOf(prompt), prompt);
}

export function tallyOf(prompt: PromptText): Tally {
  const tally = new Tally();
  tallyText(tally, prompt.head);
  if (prompt.tail !== '') tallyText(tally, prompt.tail);
  return tally;
}

export function toFeatures(tally: Tally, prompt: PromptText): Float64Array {
  const values = new Float64Array(FEATURES.length);
  for (let index = 0; index < FEATURES.length; index++) values[index] = FEATURES[index]?.of(tally, prompt) ?? 0;
  return values;
}
