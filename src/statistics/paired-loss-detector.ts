import { alarmWithin } from './alarm-chance.ts';
import { addToSums } from './change-detector.ts';

/** What paired losses looked like while all was well. */
export interface LossBaseline {
  readonly n: number;
  /** Values above 0: the strong model was better. */
  readonly losses: number;
  /** Values below 0: the cheap one was. */
  readonly wins: number;
}

/** The drop that must be noticed: ten points of a hundred. */
export const DROP = 0.1;
/** It is to be noticed within 150 values, 95 times of 100. So many are calculated with: the baseline is only known as well as it was measured. */
const AIM = 130;
const CAUGHT = 0.95;
/** A detector that may be slow need not be: above this, waiting longer buys no rarer alarm that anybody would live to see. */
const HIGHEST = 6.5;
const LOWEST = 0.25;
const HALVINGS = 7;
/** An admitted pair must be quiet for so many values, with at least this chance, if nothing has changed. */
const QUIET_FOR = 200;
const QUIET_CHANCE = 0.5;
/** No baseline is taken for better than this: the first loss of a pair that had none is no regression. */
const LEAST_LOSSES = 0.02;

type Outcome = 'loss' | 'tie' | 'win';
type Shares = Readonly<Record<Outcome, number>>;

interface Lane {
  /** Logarithms of the likelihood ratio of the changed shares against those before. */
  readonly steps: Shares;
  /** The sum at which the lane alarms. */
  readonly limit: number;
}

/**
 * Watches paired losses, -1 to 1, of a pair that was judged good, and alarms when their mean has risen by ten points.
 *
 * A sum for each way in which ten points can be lost: ties become losses, wins become losses, wins become ties. Each is the likelihood ratio
 * against the shares of losses, ties and wins that the pair was admitted with (CUSUM), so that models that always differed somewhat are
 * compared with that and not with perfect agreement. The limits are as high as the promise allows: 95 drops of 100 noticed within 150 values,
 * worked out from the distribution of the time to an alarm. What is left to chance is then how rare false alarms are, and that depends on how
 * much the models differ anyhow: where it would be too often, {@link watchable} is false, and the pair cannot be watched well enough.
 */
export class PairedLossDetector {
  /** A drop would be noticed in time, without an alarm every few values. */
  readonly watchable: boolean;
  readonly #lanes: readonly Lane[];

  constructor(baseline: LossBaseline) {
    const seen = seenShares(baseline);
    const before = assumedShares(baseline);
    this.#lanes = drops(before).map((after, kind) => laneFor(before, after, drops(seen)[kind] ?? after));
    this.watchable = falseAlarms(this.#lanes, seen) <= 1 - QUIET_CHANCE;
  }

  /**
   * The sums after one more value. Half a loss counts as half a loss and half a tie.
   *
   * @param value from -1 to 1
   */
  add(sums: readonly number[], value: number): number[] {
    if (!(value >= -1 && value <= 1)) throw new RangeError(`not a value between -1 and 1: ${value}`);
    const share = Math.abs(value);
    return addToSums(
      sums,
      this.#lanes.map(({ steps }) => share * (value > 0 ? steps.loss : steps.win) + (1 - share) * steps.tie),
    );
  }

  /** 0 at rest, alarm from 1 on. */
  level(sums: readonly number[]): number {
    return Math.max(0, ...this.#lanes.map(({ limit }, lane) => (sums[lane] ?? 0) / limit));
  }
}

function seenShares({ n, losses, wins }: LossBaseline): Shares {
  const total = Math.max(1, n);
  return { loss: losses / total, tie: 1 - (losses + wins) / total, win: wins / total };
}

/** A little worse than seen: what was never seen may still happen. */
function assumedShares({ n, losses, wins }: LossBaseline): Shares {
  const loss = Math.max(LEAST_LOSSES, (losses + 1) / (n + 20));
  const win = (wins + 0.25) / (n + 20);
  return { loss, tie: 1 - loss - win, win };
}

/** The ways to lose ten points. Those for which there is not enough to lose are as near to it as can be. */
function drops({ loss, tie, win }: Shares): Shares[] {
  const half = Math.min(DROP / 2, 0.9 * win);
  const whole = Math.min(DROP, 0.9 * win);
  const fromTies = { loss: loss + DROP, tie: tie - DROP, win };
  const fromWins = { loss: loss + DROP - half, tie: tie - DROP + 2 * half, win: win - half };
  const toTies = { loss: loss + DROP - whole, tie: tie - DROP + 2 * whole, win: win - whole };
  return [fromTies, fromWins, toTies].map(positive);
}

/** Shares above 0 that sum to 1, whatever was asked for. */
function positive({ loss, tie, win }: Shares): Shares {
  const floor = 1e-6;
  const [a, b, c] = [Math.max(floor, loss), Math.max(floor, tie), Math.max(floor, win)];
  const sum = a + b + c;
  return { loss: a / sum, tie: b / sum, win: c / sum };
}

/** @param real the shares after the drop as far as they were seen, and not assumed, before it: what the limit must hold for */
function laneFor(before: Shares, after: Shares, real: Shares): Lane {
  const ratio = (outcome: Outcome) => Math.log(after[outcome] / Math.max(1e-6, before[outcome]));
  const steps = { loss: ratio('loss'), tie: ratio('tie'), win: ratio('win') };
  let low = LOWEST;
  let high = HIGHEST;
  if (alarmWithin(stepsOf(steps, real), high, AIM) >= CAUGHT) return { steps, limit: high };
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (alarmWithin(stepsOf(steps, real), middle, AIM) >= CAUGHT) low = middle;
    else high = middle;
  }
  return { steps, limit: low };
}

function falseAlarms(lanes: readonly Lane[], seen: Shares): number {
  let chance = 0;
  for (const { steps, limit } of lanes) chance += alarmWithin(stepsOf(steps, seen), limit, QUIET_FOR);
  return chance;
}

function stepsOf(steps: Shares, shares: Shares): { readonly step: number; readonly chance: number }[] {
  return (['loss', 'tie', 'win'] as const).map((outcome) => ({ step: steps[outcome], chance: shares[outcome] }));
}
