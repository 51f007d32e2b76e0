import { isContent, type Token } from '../profile.ts';
import { areNaming, type Frame, isAuxiliary, keyAt, smallToken } from './segment.ts';

const LONGEST_SUBJECT = 3;
const PERSONS: ReadonlySet<string> = new Set(['~i', '~we', '~you', '~he', '~she', '~they']);
const OWNERS: ReadonlySet<string> = new Set([
  '~my',
  '~our',
  '~your',
  '~his',
  '~her',
  '~their',
  '~its',
  '~this',
  '~those',
]);

/** `(Tell me) what the default port is` asks `What is the default port?`; so does which. */
export const embeddedCopula: Frame = ({ tokens }) => {
  const [question] = tokens;
  if (question === undefined || !['?what', '?who', '?where'].includes(question.key)) return tokens;
  if (question.key === '?what' && keyAt(tokens, 1) === '+be')
    return [smallToken('?whatis', question), ...tokens.slice(2)];
  if (keyAt(tokens, tokens.length - 1) !== '+be') return tokens;
  const isPast = keyAt(tokens, tokens.length - 2) === '+past';
  const named = tokens.slice(1, isPast ? -2 : -1);
  if (!areNamingWithRelations(named)) return tokens;
  if (question.key === '?what' && !isPast) return [smallToken('?whatis', question), ...named];
  return [question, ...(isPast ? [smallToken('+past', question)] : []), smallToken('+be', question), ...named];
};

/** `the port of my proxy in Berlin`: what is asked of may have a relation inside, but no helper and no clause. */
function areNamingWithRelations(tokens: readonly Token[]): boolean {
  const last = tokens.at(-1);
  if (last === undefined || !isContent(last)) return false;
  return tokens.every(
    (token) => (isContent(token) || RELATIONS.has(token.key) || OWNERS.has(token.key)) && !token.linked,
  );
}

const RELATIONS: ReadonlySet<string> = new Set(['>of', '>in', '>on', '>for', '%per']);

/**
 * `Why the job is slow`, `How users can export`: the order of an indirect question, and a common slip in a direct one. Only a short
 * subject moves, and never after a do: there the helper belongs to a clause of its own.
 */
export const embeddedOrder: Frame = ({ tokens, doSupport }) => {
  const [question] = tokens;
  if (question === undefined || doSupport || !['?why', '?how', '?where'].includes(question.key)) return tokens;
  const at = tokens.findIndex(
    (token, place) =>
      place > 0 && !isContent(token) && !PERSONS.has(token.key) && !(place === 1 && OWNERS.has(token.key)),
  );
  if (at < 2 || at > LONGEST_SUBJECT + 1) return tokens;
  const subject = tokens.slice(1, at);
  if (!isSubject(subject, question.key)) return tokens;
  let end = at;
  if (keyAt(tokens, end) === '+past' && isAuxiliary(keyAt(tokens, end + 1))) end += 1;
  if (!isAuxiliary(keyAt(tokens, end)) || tokens[at]?.linked === true) return tokens;
  return [question, ...tokens.slice(at, end + 1), ...subject, ...tokens.slice(end + 1)];
};

/** `How fast can trains go` has no subject before its helper: behind how, only what shows that it is a noun counts. */
function isSubject(tokens: readonly Token[], question: string): boolean {
  const [first] = tokens;
  if (first === undefined || first.linked) return false;
  if (PERSONS.has(first.key)) return tokens.length === 1;
  if (OWNERS.has(first.key)) return areNaming(tokens.slice(1));
  if (!areNaming(tokens)) return false;
  if (question !== '?how') return true;
  return first.determiner === 'definite' || first.determiner === 'a' || tokens.at(-1)?.form === 'plural';
}

/** `Why is the hook not firing` is `Why isn't the hook firing`. */
export const negatedHelper: Frame = ({ tokens, doSupport }) => {
  const [question] = tokens;
  if (question === undefined || !['?why', '?how', '?where'].includes(question.key)) return tokens;
  let at = keyAt(tokens, 1) === '+past' ? 1 : 0;
  if (isAuxiliary(keyAt(tokens, at + 1))) at += 1;
  else if (!doSupport) return tokens;
  const not = tokens.findIndex((token) => token.key === '!not');
  const subject = tokens.slice(at + 1, not);
  if (not < 0 || subject.length > LONGEST_SUBJECT) return tokens;
  if (!isSubject(subject, '?why')) return tokens;
  const negation = tokens[not];
  if (negation === undefined) return tokens;
  return [...tokens.slice(0, at + 1), negation, ...subject, ...tokens.slice(not + 1)];
};
