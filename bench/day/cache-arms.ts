import type { Arm } from './configuration.ts';

export const WITHOUT: Arm = { name: 'nothing kept' };

const EMBEDDER = 'embedder: {target: up/embed, timeout: 60s}';
/** As loose as the loosest default of peers: what protects then are the guards. */
const THRESHOLD = 0.8;

export const EXACT: Arm = { name: 'exact', cache: '{exact: on}' };

export const LIVE: Arm = {
  name: `exact + semantic, live at ${THRESHOLD.toFixed(2)}`,
  cache: `{exact: on, ${EMBEDDER}}`,
  routeCache: `{semantic: {mode: live, threshold: ${THRESHOLD}, checker: exact}}`,
};

/** 5%, because a day has too few near questions for less: 1% needs 299 clean audits, 5% needs 59. */
export const CERTIFIED: Arm = {
  name: 'exact + semantic, certified at 5%',
  cache: `{exact: on, ${EMBEDDER}}`,
  routeCache: '{semantic: {mode: certified, epsilon: 5%, checker: exact}}',
};

export const JUDGED: Arm = {
  name: `exact + semantic, live, judge`,
  cache: `{exact: on, ${EMBEDDER}}`,
  routeCache: `{semantic: {mode: live, threshold: ${THRESHOLD}, checker: exact, judge: {target: up/small, timeout: 60s}}}`,
};

export const CACHE_ARMS: readonly Arm[] = [EXACT, LIVE, CERTIFIED, JUDGED];
