/** Kinds of work, as far as models differ in how well they do it. */
export const KINDS = ['faq', 'poll', 'classify', 'extract', 'contract', 'research', 'reasoning', 'coding'] as const;
export type Kind = (typeof KINDS)[number];

/** What a request asks, known to the generator and to the test upstream, and to nothing in between. */
export interface Question {
  /** The same for all wordings of one question of one tenant. */
  readonly id: string;
  readonly kind: Kind;
  /** What a right answer contains, and no answer to another question does. */
  readonly truth: string;
  /** Texts that must be before the model's eyes to answer: what was said earlier in a long conversation. */
  readonly needs: readonly string[];
  /** Tokens of the answer, whichever model gives it. */
  readonly answerTokens: number;
  /** The answer calls this tool; undefined: it is text. */
  readonly call: { readonly tool: string; readonly arguments: string } | undefined;
  /** The answer is a JSON object. */
  readonly json: boolean;
}

/** One request of the day. */
export interface DayRequest {
  readonly id: string;
  /** Milliseconds since the day began. */
  readonly at: number;
  readonly tenant: string;
  readonly agent: string;
  readonly session: string | undefined;
  /** Requests of one task succeed together or not at all. */
  readonly task: string;
  readonly question: Question;
  /** Whether the answer is compared with the truth: a step in the midst of a task is not. */
  readonly graded: boolean;
  /** It asks something else than a near question asked shortly before; the kind of difference. */
  readonly trap: string | undefined;
  readonly stream: boolean;
  /** The last message's text: with the system prompt's first line it is how the upstream knows the question. */
  readonly text: string;
  /** Of chat completions, but for the model. Made when it is sent: a long conversation is not kept once a turn. */
  body(audited: boolean): ChatBody;
}

export interface Message {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string | null;
  readonly tool_calls?: readonly {
    readonly id: string;
    readonly type: 'function';
    readonly function: { readonly name: string; readonly arguments: string };
  }[];
  readonly tool_call_id?: string;
}

export interface Tool {
  readonly type: 'function';
  readonly function: { readonly name: string; readonly description: string; readonly parameters: object };
}

export interface ChatBody {
  readonly messages: readonly Message[];
  readonly tools?: readonly Tool[];
  readonly temperature?: number;
  readonly response_format?: object;
  readonly max_tokens?: number;
}

export interface Day {
  readonly seed: number;
  readonly requests: readonly DayRequest[];
  readonly tenants: readonly string[];
  /** What could not be used, a sentence each. */
  readonly missing: readonly string[];
}
