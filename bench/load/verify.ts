import { ANSWER_TEXT, DELTA_TEXT, type Shape } from '../upstream/answers.ts';
import { askOnce, type Reply } from './connection.ts';

/** What is wrong with an answer, if anything. */
export type Check = (reply: Reply) => string | undefined;

/** An answer that says it is whole and is not: the worst thing a proxy can do. */
export const WRONG_TEXT = 'complete, but not the text that was sent';

/**
 * Asks once and reads the answer to its end as a client would: a proxy that is fast because it drops something must not be
 * measured. Returns the cheap check for the rest: the status, and exactly as many bytes as the verified answer had.
 * @throws Error where the answer is not whole.
 */
export function verify(who: string, port: number, request: Buffer, shape: Shape): Promise<Check> {
  return verifyOnce(who, port, request, fullCheck(shape));
}

/** The same with a check of one's own. @throws Error where it complains. */
export async function verifyOnce(who: string, port: number, request: Buffer, check: Check): Promise<Check> {
  const reply = await askOnce(port, request);
  const complaint = reply.error ?? check(reply);
  if (complaint !== undefined) {
    throw new Error(`${who}: ${complaint}; status ${reply.status}, body ${JSON.stringify(reply.body.slice(0, 300))}`);
  }
  const { bodyBytes } = reply;
  return (next) => {
    if (next.status !== 200) return `status ${next.status}`;
    return next.bodyBytes === bodyBytes ? undefined : `${next.bodyBytes} bytes of ${bodyBytes}`;
  };
}

/** The check that reads the text; the reply must carry its body. */
export function fullCheck(shape: Shape): Check {
  const expected = shape.kind === 'stream' ? DELTA_TEXT.repeat(shape.events) : ANSWER_TEXT;
  return (reply) => {
    if (reply.status !== 200) return `status ${reply.status}${classOf(reply.body)}`;
    const text = shape.kind === 'stream' ? streamedText(reply.body) : answeredText(reply.body);
    if (text === undefined) return 'not a whole answer';
    return text === expected ? undefined : WRONG_TEXT;
  };
}

interface Choice {
  readonly message?: { readonly content?: unknown };
  readonly delta?: { readonly content?: unknown };
  readonly finish_reason?: unknown;
}

/** The text of a JSON answer; undefined where it has no finish. */
export function answeredText(body: string): string | undefined {
  const choice = firstChoice(body);
  if (choice?.finish_reason !== 'stop') return undefined;
  return typeof choice.message?.content === 'string' ? choice.message.content : undefined;
}

/** The text of a streamed answer; undefined unless it has both a finish and `[DONE]`, which is when an SDK believes it. */
export function streamedText(body: string): string | undefined {
  let text = '';
  let finished = false;
  let done = false;
  for (const event of body.split(/\r?\n\r?\n/)) {
    const data = event.startsWith('data:') ? event.slice(5).trim() : '';
    if (data === '') continue;
    if (data === '[DONE]') {
      done = true;
      continue;
    }
    const choice = firstChoice(data);
    if (typeof choice?.delta?.content === 'string') text += choice.delta.content;
    finished ||= choice?.finish_reason === 'stop';
  }
  return finished && done ? text : undefined;
}

/** Breakwater's own word for a failure, where the body has it. */
function classOf(body: string): string {
  const failureClass = /"class":"(\w+)"/.exec(body)?.[1];
  return failureClass === undefined ? '' : ` ${failureClass}`;
}

function firstChoice(json: string): Choice | undefined {
  try {
    const parsed: { choices?: readonly Choice[] } = JSON.parse(json);
    return parsed.choices?.[0];
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
