import { itemsOf } from '../../dialects/json-fields.ts';
import { isRecord, type JsonRecord } from '../../failures/json-record.ts';
import { type GuardedEndpoint, readElement, type ShownCall } from './read-element.ts';

/**
 * The tool calls of a whole answer (of a stream of the Responses dialect: of the `response` in its last event).
 *
 * @param answer parsed; anything is borne
 */
export function callsOfAnswer(endpoint: GuardedEndpoint, answer: JsonRecord): readonly ShownCall[] {
  if (endpoint === 'messages') return readElement(endpoint, { ...answer, role: 'assistant' }).calls;
  if (endpoint === 'responses') return itemsOf(answer.output).flatMap((item) => readElement(endpoint, item).calls);
  return itemsOf(answer.choices).flatMap((choice) =>
    isRecord(choice) && isRecord(choice.message)
      ? readElement(endpoint, { ...choice.message, role: 'assistant' }).calls
      : [],
  );
}
