/** A function the request offers the model. */
export interface OfferedTool {
  readonly name: string;
  readonly parameters: unknown;
}

/** What a request asks for, in terms no dialect owns. */
export interface Call {
  readonly model: string;
  readonly stream: boolean;
  /** The stream shall end with the usage. */
  readonly includeUsage: boolean;
  /** How many answers (OpenAI's `n`). */
  readonly choices: number;
  readonly maxTokens: number | undefined;
  /** About four characters a token. */
  readonly promptTokens: number;
  /** The last message that is not the assistant's: it decides the answer's text. */
  readonly promptText: string;
  /** Where the request ends with an assistant message: its text, which the answer continues. */
  readonly prefix: string | undefined;
  readonly tools: readonly OfferedTool[];
  /** A JSON Schema the answer must fit; `{}` where any object does. */
  readonly schema: unknown;
}

/** A request the simulator refuses, as the API it stands for would: HTTP 400 unless `status` says otherwise. */
export class InvalidCallError extends Error {
  readonly param: string | null;
  constructor(message: string, param: string | null = null) {
    super(message);
    this.name = 'InvalidCallError';
    this.param = param;
  }
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A message's text, whether a string or parts. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  let text = '';
  for (const part of content) if (isObject(part) && typeof part.text === 'string') text += part.text;
  return text;
}
