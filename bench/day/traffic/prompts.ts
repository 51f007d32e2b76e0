import type { Draws } from './draws.ts';

const SENTENCES = [
  'Answer in the language of the question and keep to what is documented.',
  'Where something is not known, say so and name the team that would know it.',
  'Do not promise dates, prices or features that are not in the handbook.',
  'Use short sentences, and no more than one list in an answer.',
  'Names of products are written as in the handbook, never translated.',
  'Be polite, and do not apologise more than once.',
  'Never show internal identifiers of customers, machines or colleagues.',
  'If two rules contradict each other, the one that was written later holds.',
  'Refer to the reference number of the article that the answer is taken from.',
  'Amounts are given with their currency, dates with their year.',
];

/** Characters that make a token, on the average of English prose; the upstream counts so, too. */
export const TOKEN_CHARACTERS = 4;

/** The first line says whose agent it is. */
export function systemPrompt(draws: Draws, agent: string, tenant: string, tokens: number): string {
  const lines = [`You are the ${agent} agent of ${tenant}.`];
  let length = 0;
  for (let rule = 1; length < tokens * TOKEN_CHARACTERS; rule++) {
    const line = `${rule}. ${draws.pick(SENTENCES)}`;
    lines.push(line);
    length += line.length + 1;
  }
  return lines.join('\n');
}

const NOUNS =
  'committee carrier supplier tenant buyer council engineer auditor region vessel sensor module archive market clinic harvest turbine contract budget permit'.split(
    ' ',
  );
const VERBS =
  'reported accepted rejected measured delayed confirmed revised funded inspected replaced opened closed approved questioned'.split(
    ' ',
  );
const REST = [
  'before the end of the quarter',
  'in two of the five regions',
  'against the advice of the board',
  'after a second inspection',
  'without naming a reason',
  'under the terms agreed in spring',
  'at a third of the planned cost',
];

/** Prose of so many characters that says nothing. */
export function prose(draws: Draws, characters: number): string {
  const parts: string[] = [];
  let length = 0;
  while (length < characters) {
    const sentence = `The ${draws.pick(NOUNS)} ${draws.pick(VERBS)} the ${draws.pick(NOUNS)} ${draws.pick(REST)}, item ${draws.between(1, 9999)}.`;
    parts.push(sentence);
    length += sentence.length + 1;
  }
  return parts.join(' ');
}
