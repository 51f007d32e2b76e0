/** Runs of each property: few, so that tests stay quick; `BREAKWATER_PROPERTY_RUNS` asks for more. */
export function propertyRuns(): number {
  const asked = process.env.BREAKWATER_PROPERTY_RUNS;
  if (asked === undefined || asked === '') return 300;
  const runs = Number(asked);
  if (!Number.isSafeInteger(runs) || runs < 1) {
    throw new RangeError(`BREAKWATER_PROPERTY_RUNS must be a whole number of at least 1, not ${asked}`);
  }
  return runs;
}
