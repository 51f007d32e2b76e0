import { Draws } from '../traffic/draws.ts';
import { prose } from '../traffic/prompts.ts';
import type { Message, Question } from '../traffic/request.ts';
import type { BillLine } from './bill.ts';
import type { KnownQuestions } from './known-questions.ts';
import { type ChatModel, isRight, JUDGE_ERROR, KEPT_BY_SUMMARY, roll } from './models.ts';

const TOKEN = 4;

/** What the upstream says, and what for. */
export interface Answer {
  readonly purpose: BillLine['purpose'];
  readonly question: Question | undefined;
  readonly content: string | null;
  readonly call: Question['call'];
  readonly tokens: number;
}

/** Undefined: nobody of the day asks that. */
export function answerTo(
  known: KnownQuestions,
  seed: number,
  model: ChatModel,
  messages: readonly Message[],
): Answer | undefined {
  const own = ownCall(known, seed, model, messages);
  if (own !== undefined) return own;
  const question = known.find(messages);
  if (question === undefined) return undefined;
  const { call, answerTokens: tokens } = question;
  if (call !== undefined) return { purpose: 'answer', question, content: null, call, tokens };
  const right = isRight(question, model, seed) && question.needs.every((fact) => says(messages, fact));
  // A wrong answer looks like any other.
  const reference = right ? question.truth : `ref ${question.truth.slice(4).replace(/./g, 'x')} (${model})`;
  return { purpose: 'answer', question, content: textOf(question, model, reference), call: undefined, tokens };
}

function textOf(question: Question, model: ChatModel, reference: string): string {
  if (question.json) return JSON.stringify({ category: 'as asked', ref: reference });
  // Each model has words of its own; all are equally long.
  const rest = prose(new Draws(question.answerTokens).of(model), question.answerTokens * TOKEN - reference.length - 30);
  return `According to ${reference}: ${rest}`;
}

function says(messages: readonly Message[], fact: string): boolean {
  return messages.some(({ content }) => content?.includes(fact));
}

/** What the proxy asks for itself: the judges of its cache, and summaries. */
function ownCall(
  known: KnownQuestions,
  seed: number,
  model: ChatModel,
  messages: readonly Message[],
): Answer | undefined {
  const [first] = messages;
  const text = messages.at(-1)?.content ?? '';
  const nothing = { question: undefined, call: undefined, tokens: 1 };
  if (text.startsWith('Two users ask a question each.')) {
    const [one = '', other = ''] = quoted(text);
    const wrong = roll(`judge ${one} ${other} ${model}`, seed) < JUDGE_ERROR[model];
    return { ...nothing, purpose: 'judge', content: known.areSame(one, other) !== wrong ? 'YES' : 'NO' };
  }
  if (text.startsWith("You compare two answers to a user's question.")) {
    const [asked = '', one = '', other = ''] = quoted(text);
    const wrong = roll(`compare ${asked} ${one} ${other} ${model}`, seed) < JUDGE_ERROR[model];
    const same = reference(one) === reference(other);
    return { ...nothing, purpose: 'compare', content: same !== wrong ? 'SAME' : 'DIFFERENT' };
  }
  if (text.startsWith('You compare two answers to the same request.')) {
    const [instructions = '', request = '', one = '', other = ''] = quoted(text);
    const about = known.find([
      { role: 'system', content: instructions },
      { role: 'user', content: request },
    ]);
    const wrong = roll(`prefer ${one} ${other} ${model}`, seed) < JUDGE_ERROR[model];
    return { ...nothing, purpose: 'judge', content: wrong ? 'FIRST' : preferred(about, one, other) };
  }
  if (first?.content?.startsWith('You shorten the record of a conversation') !== true) return undefined;
  const decisions = [...new Set(text.match(/decision [0-9a-f]{6}/g))];
  const kept = decisions.filter((one) => roll(`${one} ${model}`, seed) < KEPT_BY_SUMMARY[model]);
  const content = `The user works on a list of jobs. Kept: ${kept.join(', ')}. ${prose(new Draws(kept.length), 1_200)}`;
  return { ...nothing, purpose: 'summary', content, tokens: Math.ceil(content.length / TOKEN) };
}

function preferred(question: Question | undefined, one: string, other: string): string {
  if (question === undefined || one.includes(question.truth) === other.includes(question.truth)) return 'SAME';
  return one.includes(question.truth) ? 'FIRST' : 'SECOND';
}

function quoted(text: string): string[] {
  return (text.match(/(?<=^[A-Z][a-z ]*: )".*"$/gm) ?? []).map((one) => String(JSON.parse(one)));
}

function reference(answer: string): string | undefined {
  return /ref [0-9a-fx]{8}/.exec(answer)?.[0];
}
