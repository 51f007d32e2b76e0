/** How one route is certified. Frozen, fully defaulted; made by {@link certifySettings}. */
export interface CertifySettings {
  /** The share of hits that may be wrong: above 0, at most 0.2. */
  readonly epsilon: number;
  /** 1 - the chance that the route is ever live at a threshold that breaks epsilon, all attempts together. */
  readonly confidence: number;
  /** Thresholds that may be adopted, from strict to loose. */
  readonly grid: readonly number[];
  /** The first threshold to be tested, one of the grid; `observed`: the first hits' cosines tell, see layout.ts. */
  readonly start: number | 'observed';
  /** Audits in any 24 hours at most. 0: none, so that nothing is ever certified. */
  readonly auditsPerDay: number;
  /** Share of hits audited right after certification; it falls with the root of the number of audits. */
  readonly liveShare: number;
  /** The share it does not fall below. */
  readonly leastShare: number;
  /** Milliseconds after which an audit without a verdict is given up as unavailable. */
  readonly auditTimeout: number;
  /** Audits in a row without a verdict, after which a certified route serves nothing until a verdict comes. */
  readonly blindAfter: number;
}

export const GRID: readonly number[] = [0.99, 0.98, 0.97, 0.96, 0.95, 0.94, 0.93, 0.92, 0.91, 0.9, 0.89, 0.88];

const DEFAULTS: CertifySettings = {
  epsilon: 0.02,
  confidence: 0.95,
  grid: GRID,
  start: 'observed',
  auditsPerDay: 1000,
  liveShare: 0.1,
  leastShare: 0.02,
  auditTimeout: 120_000,
  blindAfter: 20,
};

/** Fills in the defaults and checks the values; a wrong one is named in the error. */
export function certifySettings(given: Partial<CertifySettings> = {}): CertifySettings {
  const settings = { ...DEFAULTS, ...given };
  const { epsilon, confidence, grid, start, auditsPerDay, liveShare, leastShare, auditTimeout, blindAfter } = settings;
  check('epsilon', epsilon, epsilon > 0 && epsilon <= 0.2);
  check('confidence', confidence, confidence >= 0.5 && confidence < 1);
  const falling = grid.every(
    (threshold, i) => threshold > 0 && threshold <= 1 && threshold < (grid[i - 1] ?? Infinity),
  );
  check('grid', grid.join(', '), grid.length > 0 && falling);
  check('start', start, start === 'observed' || grid.includes(start));
  check('auditsPerDay', auditsPerDay, Number.isSafeInteger(auditsPerDay) && auditsPerDay >= 0 && auditsPerDay !== 1);
  check('liveShare', liveShare, liveShare > 0 && liveShare <= 1);
  check('leastShare', leastShare, leastShare > 0 && leastShare <= liveShare);
  check('auditTimeout', auditTimeout, auditTimeout > 0);
  check('blindAfter', blindAfter, Number.isSafeInteger(blindAfter) && blindAfter >= 1);
  return Object.freeze({ ...settings, grid: Object.freeze([...grid]) });
}

function check(name: string, value: number | string, holds: boolean): void {
  if (!holds) throw new RangeError(`certification: ${name} cannot be ${value}`);
}
