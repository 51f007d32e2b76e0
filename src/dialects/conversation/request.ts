/** The three dialects in which agents ask for an answer: OpenAI chat completions, Anthropic Messages, OpenAI Responses. */
export type ChatDialect = 'chat' | 'messages' | 'responses';

/**
 * One request for an answer, in no dialect's terms: what a translation reads into and writes from. It is made only where the
 * client's dialect and the target's differ; otherwise the client's own bytes go upstream.
 *
 * Nothing the source said is lost on the way in: what has a common meaning stands in its field, what only the source dialect
 * knows stands in `extras` or in an `opaque` part. What a writer cannot say it must report ({@link Untold}), never leave out.
 */
export interface Conversation {
  readonly source: ChatDialect;
  readonly model: string;
  /** System and developer text before the first turn, in order. */
  readonly instructions: readonly Instruction[];
  readonly turns: readonly Turn[];
  readonly tools: readonly Tool[];
  readonly toolChoice: ToolChoice | undefined;
  /** False: at most one call a turn. */
  readonly parallelToolCalls: boolean | undefined;
  readonly format: Format | undefined;
  readonly sampling: Sampling;
  /** Cap on the answer's tokens, reasoning included where the source counts it. */
  readonly maxTokens: number | undefined;
  readonly stop: readonly string[];
  readonly reasoning: ReasoningWish | undefined;
  /** Log-probabilities with this many alternatives a token (0: of the token alone). */
  readonly logprobs: number | undefined;
  /** Answers asked for (`n`). */
  readonly choices: number;
  readonly user: string | undefined;
  readonly stream: boolean;
  /** The client asked for token counts at the end of a stream. */
  readonly includeUsage: boolean;
  /** Members of the request that no other field holds, as they stood in the source's JSON. */
  readonly extras: Readonly<Record<string, unknown>>;
  /** Paths of members deeper inside that no field holds and whose loss is harmless (`tools[0].defer_loading`). Writers tell them. */
  readonly unheld?: readonly string[];
}

/** Where in the source's JSON something stood, as the client would write it: `messages[2].content[0]`. */
export interface Placed {
  readonly at?: string;
}

export interface Instruction extends Placed {
  readonly role: 'system' | 'developer';
  readonly parts: readonly Part[];
  readonly name?: string;
}

/** One message. Tool results are parts of a `user` turn, as calls are of an `assistant` turn; writers split them as they must. */
export interface Turn extends Placed {
  readonly role: 'system' | 'developer' | 'user' | 'assistant';
  readonly parts: readonly Part[];
  /** The participant's name, where the dialect has one. */
  readonly name?: string;
}

export type Part =
  | TextPart
  | ImagePart
  | FilePart
  | AudioPart
  | ReasoningPart
  | RefusalPart
  | ToolCallPart
  | ToolResultPart
  | OpaquePart;

export interface TextPart extends Placed {
  readonly kind: 'text';
  readonly text: string;
  /** Anthropic's `cache_control`, kept for a target that has it. */
  readonly cacheControl?: unknown;
  /** Citations or annotations as the source gave them. */
  readonly citations?: readonly unknown[];
}

/** Where a picture or file is. `base64` without the `data:` prefix. */
export type Source =
  | { readonly by: 'url'; readonly url: string }
  | { readonly by: 'base64'; readonly data: string; readonly mediaType: string }
  | { readonly by: 'id'; readonly id: string };

export interface ImagePart extends Placed {
  readonly kind: 'image';
  readonly source: Source;
  /** OpenAI's `low | high | auto`. */
  readonly detail?: string;
  readonly cacheControl?: unknown;
}

export interface FilePart extends Placed {
  readonly kind: 'file';
  readonly source: Source | { readonly by: 'text'; readonly text: string };
  readonly name?: string;
  readonly cacheControl?: unknown;
  /** Anthropic documents: title, context, citations settings. */
  readonly extras?: Readonly<Record<string, unknown>>;
}

export interface AudioPart extends Placed {
  readonly kind: 'audio';
  readonly data: string;
  readonly format: string;
}

/** What a model thought. A signature or encrypted form is only ever handed back to the dialect it came from, never made up. */
export interface ReasoningPart extends Placed {
  readonly kind: 'reasoning';
  readonly text: string;
  readonly origin: ChatDialect;
  /** Responses' summary, part by part; `text` is then these joined by blank lines, or the raw reasoning where that came too. */
  readonly summary?: readonly string[];
  /** Anthropic's signature of this block. */
  readonly signature?: string;
  /** Anthropic's `redacted_thinking` data, or Responses' `encrypted_content`. */
  readonly encrypted?: string;
  /** Responses' item id. */
  readonly id?: string;
}

export interface RefusalPart extends Placed {
  readonly kind: 'refusal';
  readonly text: string;
}

export interface ToolCallPart extends Placed {
  readonly kind: 'tool-call';
  readonly id: string;
  readonly name: string;
  /** JSON text, byte for byte as the model wrote it; free text for a `custom` tool. */
  readonly arguments: string;
  readonly type: 'function' | 'custom';
  /** Responses' item id, which differs from the call's. */
  readonly itemId?: string;
  readonly cacheControl?: unknown;
}

export interface ToolResultPart extends Placed {
  readonly kind: 'tool-result';
  readonly callId: string;
  readonly content: readonly Part[];
  readonly isError: boolean;
  readonly type: 'function' | 'custom';
  readonly cacheControl?: unknown;
}

/** A part only its own dialect understands: a server-side tool's block, an item reference. */
export interface OpaquePart extends Placed {
  readonly kind: 'opaque';
  readonly dialect: ChatDialect;
  /** The source's `type`. */
  readonly type: string;
  readonly value: unknown;
}

export type Tool =
  | {
      readonly kind: 'function';
      readonly name: string;
      readonly description: string | undefined;
      /** JSON Schema of the arguments. */
      readonly parameters: unknown;
      readonly strict: boolean | undefined;
      readonly cacheControl?: unknown;
    }
  /** OpenAI's `custom`: the model writes free text, or text in a grammar, instead of JSON. */
  | {
      readonly kind: 'custom';
      readonly name: string;
      readonly description: string | undefined;
      /** Undefined: any text. `syntax` is `lark` or `regex`. */
      readonly grammar: { readonly syntax: string; readonly definition: string } | undefined;
    }
  /** Runs at the provider (web search, code execution, MCP), or is a kind only one dialect has. */
  | { readonly kind: 'opaque'; readonly dialect: ChatDialect; readonly type: string; readonly value: unknown };

export type ToolChoice =
  | { readonly kind: 'auto' | 'none' | 'required' }
  | { readonly kind: 'named'; readonly name: string }
  /** OpenAI's `allowed_tools`: only these of the tools, one of them at least where `required`. */
  | { readonly kind: 'allowed'; readonly mode: 'auto' | 'required'; readonly names: readonly string[] }
  | { readonly kind: 'opaque'; readonly dialect: ChatDialect; readonly value: unknown };

export type Format =
  | { readonly kind: 'json' }
  | {
      readonly kind: 'schema';
      readonly name: string;
      readonly description?: string;
      readonly schema: unknown;
      readonly strict: boolean | undefined;
    };

export interface Sampling {
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly seed?: number;
  readonly logitBias?: Readonly<Record<string, number>>;
}

export interface ReasoningWish {
  /** OpenAI's word: none, minimal, low, medium, high, xhigh. */
  readonly effort?: string;
  /** Anthropic's `thinking.budget_tokens`. */
  readonly budgetTokens?: number;
  /** Anthropic's adaptive or disabled thinking. */
  readonly mode?: 'enabled' | 'disabled' | 'adaptive';
  /** Responses' `reasoning.summary`, Anthropic's `thinking.display`. */
  readonly display?: string;
}

/** Something a writer could not say in its dialect. */
export interface Untold {
  /** Path in the source's JSON, as the client wrote it: `messages[2].content[0]`, `logprobs`. */
  readonly field: string;
  /**
   * `harmless`: the answer is the same kind of answer without it (a user id, a cache mark, a service tier): told in a header.
   * `essential`: without it the answer would be to another question: the target cannot serve this request.
   */
  readonly weight: 'harmless' | 'essential';
  readonly why: string;
}
