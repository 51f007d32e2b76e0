import type { CodingSession } from './coding.ts';

/** How much of everything. */
export interface DaySize {
  /** Questions to each of the two help desks. */
  readonly support: number;
  /** Tokens of their system prompt, about. */
  readonly supportPrompt: number;
  /** Services that are polled, and for how much of the day. */
  readonly services: number;
  readonly polled: number;
  readonly tickets: number;
  readonly invoices: number;
  readonly contracts: number;
  readonly documents: number;
  readonly hardQuestions: number;
  readonly coding: readonly CodingSession[];
  /** With the labelled question pairs that are kept outside the repository, where they are there. */
  readonly shared: boolean;
}

const usual: CodingSession = { jobs: 8, steps: 6, result: 2_500 };
/** Ends with about 180,000 tokens. */
const long: CodingSession = { jobs: 25, steps: 7, result: 3_300 };

export const WHOLE_DAY: DaySize = {
  support: 2_000,
  supportPrompt: 780,
  services: 6,
  polled: 1,
  tickets: 1_200,
  invoices: 700,
  contracts: 400,
  documents: 80,
  hardQuestions: 250,
  coding: [usual, usual, usual, usual, long, usual, usual, long],
  shared: true,
};

/** A few hundred requests, from what is in the repository alone. */
export const SMALL_DAY: DaySize = {
  support: 130,
  supportPrompt: 780,
  services: 2,
  polled: 0.15,
  tickets: 40,
  invoices: 20,
  contracts: 10,
  documents: 4,
  hardQuestions: 12,
  coding: [{ jobs: 3, steps: 3, result: 1_500 }],
  shared: false,
};
