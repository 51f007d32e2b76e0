/** What a piece of text is to the guards. */
export type PieceKind =
  /** Letters; perhaps with digits, an underscore or a dot inside. */
  | 'word'
  /** A number in figures, as `value`. */
  | 'number'
  /** Letters and digits mixed, or figures grouped as no number is. */
  | 'id'
  /** Text in backticks, to the character. */
  | 'code'
  | 'symbol'
  /** A comma or bracket: a clause may end here. */
  | 'comma'
  /** The end of a sentence. */
  | 'end';

export interface Piece {
  readonly kind: PieceKind;
  /** In lower case, except code and names with an underscore. */
  readonly text: string;
  /** As written: 0 lower case, 1 with a capital, 2 all capitals (two letters or more). */
  readonly caps: 0 | 1 | 2;
  readonly quoted: boolean;
}

const CURRENCIES: Readonly<Record<string, string>> = {
  $: 'dollar',
  '€': 'euro',
  '£': 'pound',
  '¥': 'yen',
  '₹': 'rupee',
};
const JOINED_PREFIXES = new Set(['e', 're', 'un', 'non', 'co', 'de', 'sub', 'mis', 'dis', 'in']);

/** Every branch is anchored and without nested repeats: time grows with the token's length alone. */
const THOUSANDS = /^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/;
const PLAIN_NUMBER = /^\d+(?:[.:]\d+)*$/;
const WITH_UNIT = /^(\d+(?:[.,]\d+)*)([a-z°µ]{1,6})$/i;
const ISO_DATE = /^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}$|^\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}$/;
const RANGE = /^(\d{1,6}(?:\.\d+)?)-(\d{1,6}(?:\.\d+)?)$/;
const FRACTION = /^\d+\/\d+$/;
const VERSION = /^v(\d+(?:\.\d+)*)$/i;
/** Tried at one place only; the blanks before the word are no more than two. */
const SCALE = /[ \u00a0]{1,2}(hundred|thousand|million|billion)\b/iy;
const DIGITS = /\d/;
const PLAIN_WORD = /^[a-z]+$/;

function isLetter(code: number): boolean {
  return (
    (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || (code > 191 && isOtherLetter(code))
  );
}

/** Beyond Latin-1's signs nearly everything that text holds is a letter or a mark on one; punctuation blocks are named. */
function isOtherLetter(code: number): boolean {
  if (code === 0xd7 || code === 0xf7) return false;
  if (code >= 0x2000 && code <= 0x2bff) return false;
  if (code >= 0x3000 && code <= 0x303f) return false;
  return code < 0xff00 || code > 0xff0f;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** @returns the text in NFKC */
export function composed(text: string): string {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 127) return text.normalize('NFKC');
  return text;
}

/** Cuts a text into pieces; one pass. `text` is expected in NFKC where it is not ASCII. */
export function scan(text: string): Piece[] {
  return new Scanner(text).run();
}

class Scanner {
  readonly #text: string;
  readonly #pieces: Piece[] = [];
  #at = 0;
  #quoted = false;
  #singleQuoted = false;
  #currency: string | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  run(): Piece[] {
    const text = this.#text;
    while (this.#at < text.length) {
      const code = text.charCodeAt(this.#at);
      if (code === 32 || code === 9 || code === 13 || code === 0xa0) this.#at += 1;
      else if (isLetter(code)) this.#word();
      else if (isDigit(code)) this.#number('');
      else this.#sign(text[this.#at] ?? '');
    }
    return this.#pieces;
  }

  #push(kind: PieceKind, text: string, caps: 0 | 1 | 2 = 0) {
    this.#pieces.push({ kind, text, caps, quoted: this.#quoted || this.#singleQuoted });
  }

  /** Where the run of letters, digits and inner joints that starts at `from` ends. */
  #runEnd(from: number, joints: string): number {
    const text = this.#text;
    let end = from;
    while (end < text.length) {
      const code = text.charCodeAt(end);
      if (isLetter(code) || isDigit(code)) end += 1;
      else if (joints.includes(text[end] ?? '') && isInside(text, end)) end += 1;
      else break;
    }
    return end;
  }

  #word() {
    const text = this.#text;
    const from = this.#at;
    let end = this.#runEnd(from, "'’-.");
    while (end < text.length && (text[end] === '+' || text[end] === '#') && end - from <= 3) end += 1;
    this.#at = end;
    const written = text.slice(from, end);
    // Most words: nothing but small letters.
    if (PLAIN_WORD.test(written)) {
      if (!this.#contraction(written)) this.#push('word', written);
      return;
    }
    const raw = written.includes('’') ? written.replaceAll('’', "'") : written;
    if (raw.includes('_')) return this.#push('word', raw);
    if (DIGITS.test(raw)) return this.#mixed(raw);
    const lower = raw.toLowerCase();
    const caps = raw === lower ? 0 : raw.length > 1 && raw === raw.toUpperCase() ? 2 : 1;
    if (caps === 1 && this.#contraction(lower)) return;
    if (!lower.includes('-')) return this.#apostrophes(lower, caps);
    const parts = lower.split('-');
    let joined = '';
    for (const part of parts) {
      if (JOINED_PREFIXES.has(part) && joined === '') joined = part;
      else {
        this.#apostrophes(joined + part, caps);
        joined = '';
      }
    }
    if (joined !== '') this.#push('word', joined, caps);
  }

  #contraction(word: string): boolean {
    const contracted = BARE_CONTRACTIONS.get(word);
    if (contracted === undefined) return false;
    for (const part of contracted.split(' ')) this.#push('word', part);
    return true;
  }

  /** Contractions, and the possessive, which says no more than the order of the words does. */
  #apostrophes(word: string, caps: 0 | 1 | 2) {
    const mark = word.indexOf("'");
    if (mark < 0) return this.#push('word', word, caps);
    const base = word.slice(0, mark);
    const rest = word.slice(mark + 1);
    if (base.endsWith('n') && rest === 't') {
      const verb = { ca: 'can', wo: 'will', sha: 'shall', ai: 'is' }[base.slice(0, -1)] ?? base.slice(0, -1);
      this.#push('word', verb, caps);
      this.#push('word', 'not');
      return;
    }
    this.#push('word', base, caps);
    const expanded = { ll: 'will', re: 'are', ve: 'have', d: 'would', m: 'am' }[rest];
    if (expanded !== undefined) this.#push('word', expanded);
    else if (rest === 's' && SAYS_IS.has(base)) this.#push('word', 'is');
    else if (rest !== 's' && rest !== '') this.#push('word', rest);
  }

  #mixed(raw: string) {
    const version = VERSION.exec(raw)?.[1];
    if (version !== undefined) {
      this.#push('word', 'version');
      return this.#push('number', version);
    }
    this.#push('id', idText(raw.replaceAll("'s", '')));
  }

  #number(sign: '' | '-') {
    const text = this.#text;
    const from = this.#at;
    const end = this.#runEnd(from, '.,:-/');
    this.#at = end;
    const raw = text.slice(from, end);
    const currency = this.#currency;
    this.#currency = undefined;
    this.#figures(raw, sign);
    if (currency === undefined) return;
    // `$1.5 million` are 1.5 million dollars.
    SCALE.lastIndex = this.#at;
    const scale = SCALE.exec(text)?.[1];
    if (scale !== undefined) {
      this.#at = SCALE.lastIndex;
      this.#push('word', scale.toLowerCase());
    }
    this.#push('word', currency);
  }

  #figures(raw: string, sign: '' | '-') {
    if (THOUSANDS.test(raw)) return this.#push('number', sign + raw.replaceAll(',', ''));
    if (PLAIN_NUMBER.test(raw)) return this.#push('number', sign + raw);
    if (ISO_DATE.test(raw)) return this.#push('number', raw);
    const range = RANGE.exec(raw);
    if (range !== null) {
      this.#push('number', sign + (range[1] ?? ''));
      this.#push('word', 'to');
      return this.#push('number', range[2] ?? '');
    }
    const unit = WITH_UNIT.exec(raw);
    if (unit !== null && this.#withUnit(sign, unit[1] ?? '', unit[2] ?? '')) return;
    if (FRACTION.test(raw) || /^\d+(?:,\d+)+$/.test(raw)) {
      for (const [index, part] of raw.split(/([/,])/).entries())
        if (index % 2 === 0) this.#push('number', part);
        else if (part === '/') this.#push('symbol', part);
      return;
    }
    const hyphen = raw.indexOf('-');
    // `30-day`, `two-step`: a number and a word.
    if (hyphen > 0 && PLAIN_NUMBER.test(raw.slice(0, hyphen)) && !DIGITS.test(raw.slice(hyphen))) {
      this.#push('number', sign + raw.slice(0, hyphen));
      for (const part of raw.slice(hyphen + 1).split('-')) this.#push('word', part.toLowerCase());
      return;
    }
    this.#push('id', idText(raw));
  }

  #withUnit(sign: string, figure: string, unit: string): boolean {
    const lower = unit.toLowerCase();
    const value = sign + (THOUSANDS.test(figure) ? figure.replaceAll(',', '') : figure);
    if (lower === 'k') this.#push('number', thousandfold(value));
    else if (lower === 'st' || lower === 'nd' || lower === 'rd' || lower === 'th') this.#push('number', `${value}th`);
    else if (!ATTACHED_UNITS.has(lower)) return false;
    else {
      this.#push('number', value);
      this.#push(
        'word',
        isBits(unit) ? `${lower}it` : lower,
        unit === lower ? 0 : unit.length > 1 && unit === unit.toUpperCase() ? 2 : 1,
      );
    }
    return true;
  }

  #sign(char: string) {
    const text = this.#text;
    const next = text.charCodeAt(this.#at + 1);
    const before = this.#at === 0 ? 32 : text.charCodeAt(this.#at - 1);
    if (char === '`') return this.#code();
    this.#at += 1;
    if (char === '"' || char === '“' || char === '”') this.#quoted = char === '"' ? !this.#quoted : char === '“';
    else if (char === "'" || char === '’' || char === '‘') this.#singleQuote(before, next);
    else if (char === '.' && isDigit(next)) this.#number('');
    else if (char === '\n' || char === '.' || char === '?' || char === '!' || char === ';' || char === ':')
      this.#push('end', char);
    else if (char === ',' || char === '(' || char === ')') this.#push('comma', char);
    else if (char in CURRENCIES) this.#money(char, next);
    else if (char === '#' && isDigit(next)) this.#hash();
    else if (char === '%' && this.#pieces.at(-1)?.kind === 'number') this.#push('word', 'percent');
    else if (char === '&' && text[this.#at] === ' ') this.#push('word', 'and');
    else if (char === '-' && before === 32 && (isLetter(next) || next === 45)) this.#option();
    else if (char === '-' || char === '–' || char === '—' || char === '−') this.#dash(before, next);
    else if (char === '/' && isLetter(next) && isLetter(before)) return;
    else if (char !== '…' && char !== '\ufeff' && char !== '•') this.#push('symbol', this.#operator(char));
  }

  #code() {
    const fence = this.#text.startsWith('```', this.#at) ? '```' : '`';
    const from = this.#at + fence.length;
    const end = this.#text.indexOf(fence, from);
    this.#at = end < 0 ? this.#text.length : end + fence.length;
    this.#push('code', this.#text.slice(from, end < 0 ? undefined : end).trim());
  }

  #singleQuote(before: number, next: number) {
    const opens = !isLetter(before) && !isDigit(before);
    if (opens && !this.#singleQuoted && (isLetter(next) || isDigit(next) || next === 37)) this.#singleQuoted = true;
    else if (!opens || this.#singleQuoted) this.#singleQuoted = false;
  }

  #money(char: string, next: number) {
    const unit = CURRENCIES[char];
    if (this.#pieces.at(-1)?.kind === 'number' && !isDigit(next)) this.#push('word', unit ?? char);
    else if (isDigit(next) || next === 32) this.#currency = unit;
  }

  #hash() {
    const end = this.#runEnd(this.#at, '-');
    this.#push('id', `#${idText(this.#text.slice(this.#at, end))}`);
    this.#at = end;
  }

  #dash(before: number, next: number) {
    if (isDigit(next) && before === 32 && this.#pieces.at(-1)?.kind !== 'number') this.#number('-');
    else this.#push('comma', '-');
  }

  /** `-r` is not `-R`: an option is kept to the letter. */
  #option() {
    const start = this.#text[this.#at] === '-' ? this.#at + 1 : this.#at;
    const end = this.#runEnd(start, '-');
    if (end > start) this.#push('symbol', `-${this.#text.slice(this.#at, end)}`);
    this.#at = end;
  }

  /** A run of operator signs is one piece: `/` is not `//`, `=` is not `==`. */
  #operator(first: string): string {
    const from = this.#at;
    while (this.#at < this.#text.length && '+*/=<>!|&^~%\\'.includes(this.#text[this.#at] ?? ' ')) this.#at += 1;
    return first + this.#text.slice(from, this.#at);
  }
}

/** Written without the apostrophe. Not `its`, `were`, `ill` or `lets`, which are words. */
const BARE_CONTRACTIONS: ReadonlyMap<string, string> = new Map([
  ...['is', 'are', 'was', 'were', 'do', 'does', 'did', 'has', 'have', 'had', 'could', 'would', 'should', 'must'].map(
    (verb) => [`${verb}nt`, `${verb} not`] as const,
  ),
  ...['what', 'how', 'where', 'who', 'that', 'there'].map((word) => [`${word}s`, `${word} is`] as const),
  ...(['you', 'they'] as const).map((word) => [`${word}re`, `${word} are`] as const),
  ...(['i', 'you', 'we', 'they'] as const).map((word) => [`${word}ve`, `${word} have`] as const),
  ['cant', 'can not'],
  ['wont', 'will not'],
  ['im', 'i am'],
]);

const SAYS_IS = new Set([
  'what',
  'it',
  'that',
  'who',
  'where',
  'how',
  'here',
  'there',
  'he',
  'she',
  'when',
  'why',
  'let',
]);
const ATTACHED_UNITS = new Set(
  'ms s sec secs m min mins h hr hrs d w y yr b kb mb gb tb pb kib mib gib tib bit kbit mbit gbit kbps mbps gbps hz khz mhz ghz g kg mg lb lbs oz mm cm km mi ft in l ml v kv w kw kwh mw a px pt em rem x am pm eur usd gbp c f'.split(
    ' ',
  ),
);

function isInside(text: string, at: number): boolean {
  const after = text.charCodeAt(at + 1);
  return isLetter(after) || isDigit(after);
}

/** Long identifiers may tell capitals apart; nobody does in `Q1`. */
function idText(raw: string): string {
  return raw.length < 6 ? raw.toLowerCase() : raw;
}

/** `Mb` are bits, `MB` and `mb` bytes. */
function isBits(unit: string): boolean {
  return /^[KMGT]b$/.test(unit);
}

function thousandfold(value: string): string {
  const thousands = Number(value) * 1000;
  return Number.isSafeInteger(thousands) ? String(thousands) : `${value}k`;
}
