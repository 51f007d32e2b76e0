/** The state on disk cannot be used as it is; the message names the file and what to do. */
export class StateFileError extends Error {
  override readonly name = 'StateFileError';
  readonly code = 'state_file';
}

/** SQLite's result code, the low byte of the extended one. */
function resultCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' ? code & 0xff : undefined;
}

/** SQLITE_BUSY or SQLITE_LOCKED: another connection holds what is wanted. */
export const isBusy = (error: unknown): boolean => [5, 6].includes(resultCode(error) ?? 0);

/** Says in words what is wrong with a file that could not be opened. */
export function stateFileError(file: string, error: unknown): StateFileError {
  if (error instanceof StateFileError) return error;
  const what: Record<number, string> = {
    5: 'is locked by another process for too long',
    8: 'cannot be written to: it is read-only',
    10: 'cannot be read or written (an I/O error of the disk)',
    11: 'is damaged. Restore it from a backup, or move it away to start anew',
    13: 'cannot be written to: the disk is full',
    14: 'cannot be opened',
    26: 'is not an SQLite database. Move it away to start anew',
  };
  const known = what[resultCode(error) ?? 0] ?? 'cannot be used';
  const detail = error instanceof Error ? error.message : String(error);
  return new StateFileError(`${file} ${known} (${detail})`, { cause: error });
}
