/** What a request may ask of a model that not every model can do. */
export const CAPABILITIES = [
  /** Images in the conversation. */
  'vision',
  /** Documents in the conversation (PDF). */
  'files',
  /** Sound in the conversation, or as the answer. */
  'audio',
  /** Tools of whatever kind. */
  'tools',
  /** OpenAI's `custom` tools, which take free text or text in a grammar. */
  'customTools',
  /** An answer in a given JSON Schema. */
  'schema',
  /** An answer that is JSON, whatever its shape. */
  'json',
  /** A last assistant message as the beginning of the answer. */
  'prefill',
  /** A wish how much to reason. Who lacks it is asked without the wish. */
  'reasoning',
  /** Log-probabilities of the answer's tokens. */
  'logprobs',
] as const;

export type Capability = (typeof CAPABILITIES)[number];

/** What is known of a model; absent: unknown, and unknown is tried. */
export type Capabilities = Readonly<Partial<Record<Capability, boolean>>>;

/** Something a request asks for, and where. */
export interface Need {
  readonly capability: Capability;
  /** Path in the client's JSON: `messages[2].content[0]`, `response_format`. */
  readonly field: string;
}
