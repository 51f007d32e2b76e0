import type { JsonRecord } from '../../failures/json-record.ts';
import type { Answer, AnswerChoice } from '../conversation/answer.ts';
import type { Conversation, OpaquePart } from '../conversation/request.ts';
import { endingOf } from './finish.ts';
import { itemId, responseIdOf, stemOf } from './ids.ts';
import { callItem, type ItemStatus, messageItem, reasoningItem, refusalPart, textPart } from './output-items.ts';
import { echoOf, responseObject } from './response-object.ts';
import { writeResponsesUsage } from './usage.ts';

/** @param now seconds since the epoch, where the source does not say when the answer was made */
export function writeAnswer(answer: Answer, conversation: Conversation, now = 0): JsonRecord {
  const stem = stemOf(answer.id);
  // Responses has one answer; several were never asked for (`n` is chat's).
  const choice = answer.choices[0] ?? { parts: [], finish: { reason: 'stop' } };
  const refused = choice.parts.some((part) => part.kind === 'refusal');
  const ending = endingOf(choice.finish, refused);
  const created = answer.created ?? now;
  const head = { id: responseIdOf(answer.id, stem), model: answer.model, created };
  return responseObject(head, echoOf(conversation), {
    ...ending,
    error: null,
    output: new Output(stem, ending.status).items(choice),
    usage: answer.usage === undefined ? undefined : writeResponsesUsage(answer.usage),
    completed_at: ending.status === 'completed' ? Math.max(created, now) : null,
  });
}

/** The output items of one answer. Texts and refusals that follow one another are one message. */
class Output {
  readonly #stem: string;
  readonly #status: ItemStatus;
  readonly #items: JsonRecord[] = [];
  #content: JsonRecord[] = [];

  constructor(stem: string, status: ItemStatus) {
    this.#stem = stem;
    this.#status = status;
  }

  items({ parts, logprobs }: AnswerChoice): readonly JsonRecord[] {
    let unsaidLogprobs = logprobs;
    for (const [index, part] of parts.entries()) {
      switch (part.kind) {
        case 'text':
          this.#content.push(textPart(part.text, part.citations, unsaidLogprobs));
          unsaidLogprobs = undefined;
          break;
        case 'refusal':
          this.#content.push(refusalPart(part.text));
          break;
        case 'reasoning':
          this.#flush();
          this.#items.push(reasoningItem(part.id ?? this.#id('rs'), 'completed', part));
          break;
        case 'tool-call': {
          this.#flush();
          const kind = part.type === 'custom' ? 'ctc' : 'fc';
          // A cut answer was cut in what came last.
          const status = index === parts.length - 1 ? this.#status : 'completed';
          this.#items.push(callItem(part.itemId ?? this.#id(kind), status, part, part.arguments));
          break;
        }
        case 'opaque':
          this.#opaque(part);
          break;
        default:
          break;
      }
    }
    this.#flush();
    return this.#items;
  }

  /** Blocks of other dialects stand for what the provider did by itself on the way; a Responses client can do nothing with them. */
  #opaque(part: OpaquePart): void {
    if (part.dialect !== 'responses') return;
    this.#flush();
    this.#items.push(part.value as JsonRecord);
  }

  #flush(): void {
    if (this.#content.length === 0) return;
    this.#items.push(messageItem(this.#id('msg'), this.#status, this.#content));
    this.#content = [];
  }

  #id(kind: 'msg' | 'rs' | 'fc' | 'ctc'): string {
    return itemId(kind, this.#stem, this.#items.length);
  }
}
