/** What was asked could not be done, and the message says why in a line: exit status 1, and no stack. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}
