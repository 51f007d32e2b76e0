import type { Day, Message, Question } from '../traffic/request.ts';

/** How the upstream recognizes what it is asked: by whose agent asks, and by the last message. */
export class KnownQuestions {
  readonly #byText = new Map<string, Question>();
  /** By tenant and text: what a judge is asked about has no system prompt. */
  readonly #topics = new Map<string, Set<string>>();

  constructor(day: Day) {
    const truths = new Map<string, string>();
    for (const { tenant, agent, text, question } of day.requests) {
      const key = `You are the ${agent} agent of ${tenant}.\n${text}`;
      const known = this.#byText.get(key);
      if (known !== undefined && known.id !== question.id)
        throw new Error(`two questions of ${tenant} read the same: ${text.slice(0, 80)}`);
      const other = truths.get(question.truth);
      if (other !== undefined && other !== question.id)
        throw new Error(`${other} and ${question.id} have the same answer: choose another seed`);
      truths.set(question.truth, question.id);
      this.#byText.set(key, question);
      const name = question.id.slice(tenant.length);
      const topics = this.#topics.get(text.trim()) ?? new Set();
      this.#topics.set(text.trim(), topics.add(name));
    }
  }

  /** Undefined: nobody of the day asks that. */
  find(messages: readonly Message[]): Question | undefined {
    const [first] = messages;
    const last = messages.at(-1);
    const owner = first?.role === 'system' ? (first.content ?? '').split('\n', 1)[0] : '';
    return this.#byText.get(`${owner}\n${last?.content ?? ''}`);
  }

  /** Whether two texts ask the same. */
  areSame(one: string, other: string): boolean {
    const [a, b] = [this.#topics.get(one.trim()), this.#topics.get(other.trim())];
    return a !== undefined && b !== undefined && [...a].some((name) => b.has(name));
  }
}
