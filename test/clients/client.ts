import type { Toolbox } from './toolbox.ts';

/** One question to the proxy. */
export interface Ask {
  /** The proxy's origin: `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly model: string;
  readonly prompt: string;
}

/** A streamed text, and in how many pieces the client handed it on. */
export interface Streamed {
  readonly text: string;
  readonly pieces: number;
}

/** What a client's own error says. */
export interface Told {
  readonly status: number | undefined;
  readonly text: string;
}

/**
 * A client library as an application uses it, with the base URL changed and its own retries turned off: the proxy retries, and a test
 * wants to see what one call gets.
 */
export interface Client {
  /** As in docs/clients.md: `openai, Responses`. */
  readonly name: string;
  /** Whose models' names it knows. Default: OpenAI's. */
  readonly maker?: 'anthropic';
  /** It takes no stream of chat completions whose first chunk names no role. */
  readonly needsRoleFirst?: true;
  plain(ask: Ask): Promise<string>;
  streamed(ask: Ask): Promise<Streamed>;
  /** Offers the toolbox's tools, runs what is called, brings the results back and returns the text that follows. */
  toolRound(ask: Ask, tools: Toolbox): Promise<string>;
  /** The same with streamed answers. */
  streamedToolRound(ask: Ask, tools: Toolbox): Promise<string>;
  /** An object that fits the schema of `toolbox.ts`, parsed by the library itself where it does that. */
  structured(ask: Ask): Promise<unknown>;
  /**
   * Begins a streamed answer and aborts it after the first piece. Resolves when the library has let go. Undefined: it has no way to; what
   * LlamaIndex's caller no longer reads, it reads on.
   */
  abort?(ask: Ask): Promise<void>;
  /** What the library throws for a failed call. @throws where this is not the library's own type of error */
  told(error: unknown): Told;
}
