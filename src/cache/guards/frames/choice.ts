import { isContent, type Token } from '../profile.ts';

/**
 * `Which is cheaper, A or B` and `B or A`: what a question offers to choose from may come in any order. The alternatives must stand
 * apart from the question, so that it is plain where each begins.
 *
 * @returns the segments with the alternatives in the order of the alphabet
 */
export function sortChoices(segments: readonly (readonly Token[])[]): readonly (readonly Token[])[] {
  const question = segments.findIndex(
    ([first]) => first?.key === '?what' || first?.key === '?whatis' || first?.key === '?who',
  );
  if (question < 0) return segments;
  const options = segments.slice(question + 1);
  if (options.length === 0 || !options.every(isOptions)) return segments;
  const joints = options.flat().filter(isOr);
  const [joint] = joints;
  if (joint === undefined || joints.length > 1) return segments;
  const alternatives = options
    .flatMap(splitAtOr)
    .filter((tokens) => tokens.length > 0)
    .toSorted((one, other) => (spell(one) < spell(other) ? -1 : 1));
  const [first = [], ...rest] = alternatives;
  return [...segments.slice(0, question + 1), first, ...rest.map((tokens) => [{ ...joint, key: '>or' }, ...tokens])];
}

function isOptions(tokens: readonly Token[]): boolean {
  return tokens.length > 0 && tokens.every((token) => (isContent(token) && !token.linked) || isOr(token));
}

function isOr({ key }: Token): boolean {
  return key === '>or' || key === '>versus';
}

function splitAtOr(tokens: readonly Token[]): Token[][] {
  const parts: Token[][] = [[]];
  for (const token of tokens)
    if (isOr(token)) parts.push([]);
    else parts.at(-1)?.push(token);
  return parts;
}

function spell(tokens: readonly Token[]): string {
  return tokens.map(({ key }) => key).join(' ');
}
