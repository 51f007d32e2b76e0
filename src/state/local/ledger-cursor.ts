/** A cursor is the number of a line. @throws {RangeError} where it is none */
export function readCursor(after: string | undefined): number {
  const seq = after === undefined ? 0 : Number(after);
  if (after === '' || !Number.isSafeInteger(seq) || seq < 0) {
    throw new RangeError(`after must be a cursor of the ledger, not ${JSON.stringify(after)}`);
  }
  return seq;
}
