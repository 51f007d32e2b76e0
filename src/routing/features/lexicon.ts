/**
 * Words that say what kind of work a text asks for. General English, chosen by meaning and not by what occurs in any one benchmark; a
 * language without entries here is judged by length, digits, symbols and layout alone.
 */
const WORDS = {
  code: `python javascript typescript java rust golang kotlin ruby php sql regex regexp html css bash shell tuple tuples boolean def
    lambda async await struct enum stdin stdout api endpoint compile compiler debug refactor traceback stacktrace exception repository
    unittest pytest docstring algorithm codebase null undefined const elif printf iterator subarray substring linked hashmap`,
  codeLike: `function functions code program programs class method methods list lists array arrays string strings integer integers return
    returns index element elements sort sorted input output print loop dictionary dict object variable variables argument arguments script
    query table column row file`,
  maths: `equation equations polynomial polynomials triangle triangles probability solve compute evaluate simplify derivative integral modulo
    prime primes divisor divisors divisible sqrt frac cdot angle angles radius diameter perimeter circumference matrix vector theorem proof
    prove remainder quotient logarithm exponent root roots coefficient coefficients denominator numerator permutation combination factorial
    hypotenuse parallel perpendicular inequality sequence arithmetic geometric algebra calculus rectangle circle square positive negative
    real complex digits product sum expression graph axis intersect distinct`,
  quantity: `total each per times twice half double triple cost costs price dollars dollar cents percent percentage more less fewer many much
    left remaining altogether hours hour minutes minute days weeks miles pounds average spend spends spent earns earned sells sold buys
    bought pays paid sum number amount weighs equally`,
  science: `energy atom atoms atomic molecule molecules molecular reaction reactions acid base electron electrons proton nucleus cell cells
    protein proteins gene genes dna rna enzyme temperature pressure mass velocity acceleration force planet planets orbit wavelength
    frequency quantum oxidation compound compounds solution concentration species organism organisms bacteria virus chromosome mutation
    hydrogen oxygen carbon nitrogen photosynthesis evolution hypothesis experiment spectrum radiation magnetic electric charge density
    product products synthesis solvent equilibrium`,
  facts: `film movie song album band series season episode president king queen capital country city state born died won played plays actor
    actress author novel book team league cup championship world war year name named called famous show tv sang sung wrote written
    character river island founded century history located known title award group`,
  steps: `first second third then next finally after before afterwards step steps until once otherwise stage phase followed subsequently
    firstly secondly lastly`,
  conditions: `if must exactly only unless suppose assume given constraint constraints clue clues condition conditions requirement
    requirements such satisfies satisfy every all any both neither either ensure`,
  reasoning: `explain why prove derive analyze analyse compare contrast justify deduce infer logic puzzle plan design strategy architecture
    tradeoff tradeoffs critique reason reasoning diagnose investigate optimize optimise evaluate implications argue`,
  simple: `classify label labels categorize categorise category sentiment extract translate summarize summarise summary tldr rewrite rephrase
    paraphrase format reformat proofread tag tags list convert spelling grammar yes no`,
  doing: `write create implement build generate develop make design draft compose fix add give find determine calculate compute solve show
    identify describe provide complete fill choose select answer name`,
  people: `he she they him her his their them said says i you we my our your me us himself herself mother father friend friends boy girl man
    woman people person someone somebody children child`,
  chance: `might may would could should likely probably usually often typically possibly most best`,
  negation: `not no never none except without cannot neither nor least incorrect false`,
  glue: `the of and to in a an is are was were it that this for on with as by at from be has have had which`,
  who: `who whom whose`,
  when: `when`,
  where: `where`,
  what: `what whats`,
  which: `which`,
  why: `why`,
  how: `how`,
  superlatives: `first last most highest largest biggest longest oldest newest latest smallest tallest fastest only greatest best worst`,
  follows: `the following|of these|of those|statement below|statements below|choose one|select one|correct answer|best describes|true or|
    according to|the passage|the author|the writer|the text`,
  asksCount: `how many|how much|how long|how far|how old|how often|what fraction|what percentage|what percent|in total`,
  staged: `step by|by step|and then|after that|at least|at most|as follows|such that|so that|in order|make sure|followed by|first of|based on`,
} as const;

/** A group of words, or of pairs of words. */
export type WordGroup = keyof typeof WORDS;

export const WORD_GROUPS: readonly WordGroup[] = Object.keys(WORDS) as WordGroup[];

/** Of FNV-1a, 32 bits. */
const PRIME = 0x01000193;
export const HASH_START = 0x811c9dc5 | 0;

/** The hash of a word, a lower-case letter at a time. */
export function hashLetter(hash: number, code: number): number {
  return Math.imul(hash ^ code, PRIME);
}

/** The hash of two words in a row. */
export function hashPair(first: number, second: number): number {
  return Math.imul(Math.imul(first, 31) ^ second, PRIME);
}

export function hashWord(word: string): number {
  let hash = HASH_START;
  for (let at = 0; at < word.length; at++) hash = hashLetter(hash, word.charCodeAt(at));
  return hash;
}

/** A power of two, several times as many slots as there are entries: nearly every miss ends at the first slot. */
const SLOTS = 8_192;
const keys = new Int32Array(SLOTS);
const masks = new Int32Array(SLOTS);

/**
 * The groups of a word or a pair as bits, the first group's the lowest; 0 where it is in none. By the hash alone, without the string: a
 * word of a text that is in no group is taken for one that is about once in ten million words, the same way each time.
 */
export function groupsOf(hash: number): number {
  for (let slot = hash & (SLOTS - 1); ; slot = (slot + 1) & (SLOTS - 1)) {
    const mask = masks[slot] ?? 0;
    if (mask === 0 || keys[slot] === hash) return mask;
  }
}

function enter(hash: number, mask: number): void {
  let slot = hash & (SLOTS - 1);
  while (masks[slot] !== 0 && keys[slot] !== hash) slot = (slot + 1) & (SLOTS - 1);
  keys[slot] = hash;
  masks[slot] = (masks[slot] ?? 0) | mask;
}

for (const [index, group] of WORD_GROUPS.entries()) {
  for (const entry of WORDS[group].split(WORDS[group].includes('|') ? '|' : /\s+/)) {
    const [first = '', second] = entry.trim().split(/\s+/);
    enter(second === undefined ? hashWord(first) : hashPair(hashWord(first), hashWord(second)), 1 << index);
  }
}
