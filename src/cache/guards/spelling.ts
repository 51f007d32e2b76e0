/** `organise`, `organisation`; not `rise`, `revise` or `raising`, which have no z. Where a word is missing both spellings still exclude no other word. */
const ISE = /^([a-z]{3,}[^aeiou]i)s(e|es|ed|ing|er|ers|ation|ations|able)$/;
const YSE = /^([a-z]+ly)s(e|ed|ing|er|ers)$/;
const OUR =
  /^(un|dis)?(behavi|col|fav|flav|harb|hon|hum|lab|neighb|rum|sav|vap|vig|glam|arm|parl|endeav|tum|splend|ranc|rig)our/;

/** @returns the word in American spelling, by the rules that hold for whole families of words. Others are in lexicon/synonyms.ts. */
export function americanSpelling(word: string): string {
  if (word.length < 6) return word;
  if (word.includes('is')) {
    const found = ISE.exec(word);
    if (found !== null) return `${found[1] ?? ''}z${found[2] ?? ''}`;
  }
  if (word.includes('lys')) return word.replace(YSE, '$1z$2');
  return word.includes('our') ? word.replace(OUR, '$1$2or') : word;
}
