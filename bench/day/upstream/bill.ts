import type { Question } from '../traffic/request.ts';
import { type ModelName, PRICES } from './models.ts';

export interface Usage {
  readonly input: number;
  /** Of the input, read from the provider's prompt cache. */
  readonly cached: number;
  readonly output: number;
}

/** What the upstream was asked once, and what it wants for it. */
export interface BillLine extends Usage {
  /** The upstream's own: the answer's `id`. */
  readonly id: string;
  readonly model: ModelName;
  /** Whole nano-dollars. */
  readonly cost: number;
  /** Undefined: a call that the proxy made for itself. */
  readonly question: Question | undefined;
  readonly purpose: 'answer' | 'embedding' | 'judge' | 'compare' | 'summary';
}

/** The upstream's own book, kept without a look at what the proxy reckons. */
export class UpstreamBill {
  readonly #lines = new Map<string, BillLine>();
  total = 0;

  add(line: Omit<BillLine, 'cost' | 'id'>): BillLine {
    const { input, cached, output } = line;
    const price = PRICES[line.model];
    const cost = (input - cached) * price.input + cached * price.cached + output * price.output;
    const id = `up-${this.#lines.size}`;
    const whole = { ...line, id, cost };
    this.#lines.set(id, whole);
    this.total += cost;
    return whole;
  }

  get(id: string): BillLine | undefined {
    return this.#lines.get(id);
  }

  lines(): IterableIterator<BillLine> {
    return this.#lines.values();
  }
}
