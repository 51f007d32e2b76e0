import { AdminRefused } from '../console/administration.ts';
import { CommandFailed } from './command-failed.ts';

/** Errors that say all there is to say in their message. */
const PLAIN_ERRORS: ReadonlySet<string> = new Set([
  'StateUnavailable',
  'StateFileError',
  'RedisRefused',
  'RemoteRefused',
]);

/** Turns the errors that an operator can do something about into {@link CommandFailed}. */
export async function plainly<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof AdminRefused || (error instanceof Error && PLAIN_ERRORS.has(error.name)))
      throw new CommandFailed(error.message, { cause: error });
    throw error;
  }
}
