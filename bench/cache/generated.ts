import type { Pair } from './pairs.ts';

/** The same run every time: a small linear generator is enough to pick words. */
function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

type Change = (words: readonly string[], pick: (below: number) => number) => string[] | undefined;

const NAMES = 'Kestrel Marlowe Tallinn Orbita Quimby Zanzibar Halvorsen Brindle Ostrava Peridot'.split(' ');
const NOUNS = 'turbine ledger mailbox sandbox furnace gasket quota kiosk orchard beacon'.split(' ');
const WEEKDAYS = 'Monday Tuesday Wednesday Thursday Friday Saturday Sunday'.split(' ');
const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const TONGUES = 'Python JavaScript Go Rust Java French German Spanish Postgres MySQL JSON XML'.split(' ');
const AUXILIARIES = 'is are was were can does do did should will has have must'.split(' ');
const QUANTITIES = 'all any some every both either most many only few'.split(' ');
const PEOPLE = 'my your his her our their'.split(' ');
const SMALL = new Set(
  'the a an of in on at to for by with from and or is are was were do does did i you we they he she it that this what which who how why when where can could should would will has have had be been not no if as my your our his her their please really actually exactly right very there me us so'.split(
    ' ',
  ),
);

/** Small as well: a question asks the same without them (`what happens if` and `what if`, `the recommended way` and `the way`). */
for (const word of ['explain', 'happens', 'recommended', 'about', 'isnt', 'couldnt', 'whats']) SMALL.add(word);

/** One changed detail of each kind, made from any text: what the hand-written traps are, in bulk and by nobody's taste. */
const CHANGES: Readonly<Record<string, Change>> = {
  number: change(
    (word) => /^\d[\d.,]*$/.test(word),
    (word, pick) => `${word.replace(/[.,]$/, '')}${1 + pick(9)}`,
  ),
  id: change(
    (word) => /[A-Za-z]/.test(word) && /\d[^\d]*\d/.test(word),
    (word) => {
      const swapped = word.replace(/(\w)(\w)(\W*)$/, '$2$1$3');
      return swapped === word ? undefined : swapped;
    },
  ),
  negation: (words, pick) => {
    const places = words.flatMap((word, at) =>
      AUXILIARIES.includes(word.toLowerCase()) && at + 1 < words.length ? [at] : [],
    );
    const at = places[pick(Math.max(1, places.length))];
    return at === undefined ? undefined : [...words.slice(0, at + 1), 'not', ...words.slice(at + 1)];
  },
  entity_swap: change(
    (word, at) => at > 0 && /^[A-Z][a-z]{2,}$/.test(word),
    (word, pick) => other(NAMES, word, pick),
  ),
  noun_swap: change(
    (word) => /^[a-z]{4,}$/.test(word) && !SMALL.has(word),
    (word, pick) => other(NOUNS, word, pick),
  ),
  noun_added: (words, pick) => {
    const places = words.flatMap((word, at) => (/^[a-z]{4,}$/.test(word) && !SMALL.has(word) ? [at] : []));
    const at = places[pick(Math.max(1, places.length))];
    return at === undefined ? undefined : [...words.slice(0, at), NOUNS[pick(NOUNS.length)] ?? '', ...words.slice(at)];
  },
  noun_dropped: (words, pick) => {
    const places = words.flatMap((word, at) => (/^[a-z]{5,}$/.test(word) && !SMALL.has(word) ? [at] : []));
    const at = places[pick(Math.max(1, places.length))];
    return at === undefined ? undefined : words.filter((_, place) => place !== at);
  },
  date_freshness: change(
    (word) => WEEKDAYS.includes(word) || MONTHS.includes(word),
    (word, pick) => other(WEEKDAYS.includes(word) ? WEEKDAYS : MONTHS, word, pick),
  ),
  language_code: change(
    (word) => TONGUES.includes(word),
    (word, pick) => other(TONGUES, word, pick),
  ),
  quantifier: change(
    (word) => QUANTITIES.includes(word),
    (word, pick) => (['all', 'every'].includes(word) ? 'some' : other(QUANTITIES, word, pick)),
  ),
  scope: change(
    (word) => PEOPLE.includes(word),
    (word, pick) => other(PEOPLE, word, pick),
  ),
  order_swap: (words, pick) => {
    const places = words.flatMap((word, at) => (/^[a-z]{4,}$/.test(word) && !SMALL.has(word) ? [at] : []));
    const one = places[pick(Math.max(1, places.length))];
    const two = places[pick(Math.max(1, places.length))];
    if (one === undefined || two === undefined || words[one] === words[two]) return undefined;
    // Around an or, the other order asks the same.
    if (words.includes('or') || words.includes('and')) return undefined;
    const swapped = [...words];
    [swapped[one], swapped[two]] = [words[two] ?? '', words[one] ?? ''];
    return swapped;
  },
};

/** Changes every text in every way that fits it. */
export function generateTraps(texts: readonly string[], seed: number): Pair[] {
  const pick = seeded(seed);
  const pairs: Pair[] = [];
  for (const text of new Set(texts)) {
    const words = text.split(' ');
    for (const [kind, apply] of Object.entries(CHANGES)) {
      const changed = apply(words, pick)?.join(' ');
      if (changed !== undefined && changed !== text) pairs.push({ a: text, b: changed, kind, same: false });
    }
  }
  return pairs;
}

function change(
  fits: (word: string, at: number) => boolean,
  replace: (word: string, pick: (below: number) => number) => string | undefined,
): Change {
  return (words, pick) => {
    const places = words.flatMap((word, at) => (fits(word, at) ? [at] : []));
    const at = places[pick(Math.max(1, places.length))];
    const word = at === undefined ? undefined : words[at];
    const replaced = word === undefined ? undefined : replace(word, pick);
    if (replaced === undefined) return undefined;
    return words.map((kept, place) => (place === at ? replaced : kept));
  };
}

function other(list: readonly string[], word: string, pick: (below: number) => number): string | undefined {
  const rest = list.filter((candidate) => candidate !== word);
  return rest[pick(rest.length)];
}
