/** What a command touches of the outside, so that tests run it in their own process. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Standard input, where it is another than the process's. */
  readonly input?: AsyncIterable<Uint8Array | string>;
  out(text: string): void;
  error(text: string): void;
}

/** A command's body: gets what stands behind its name, gives the exit status. */
export type Command = (args: readonly string[], terminal: Terminal) => Promise<number>;
