import type { JsonRecord } from '../../failures/json-record.ts';
import type { RequestMistake } from '../conversation/codec.ts';
import type { Conversation } from '../conversation/request.ts';

/** Members that name something only a provider that keeps responses can know, and what to do instead. */
const REFERENCES: Readonly<Record<string, string>> = {
  previous_response_id:
    'the earlier response is not known here. Send the whole conversation in `input` (with the earlier output items) and `store: false`.',
  conversation:
    'the conversation is not known here. Send its items in `input` and `store: false`, without `conversation`.',
  prompt: 'the prompt template is not known here. Send its text as `instructions` and `input`.',
};

/** Something that stands for input is named: the `input` itself may then be left out. */
export function hasStoredContext(json: JsonRecord): boolean {
  return Object.keys(REFERENCES).some((key) => json[key] !== undefined && json[key] !== null);
}

/**
 * Whether a Responses request needs what only a target that keeps responses has: an earlier response, a stored conversation, an item
 * by reference, a background run, or the promise to keep the answer. Chat and Messages targets keep nothing.
 *
 * @returns what to tell the client (a 400), with the field; undefined where nothing is needed
 */
export function needsStoredState(conversation: Conversation): RequestMistake | undefined {
  if (conversation.source !== 'responses') return undefined;
  const { extras, turns } = conversation;
  for (const [param, instead] of Object.entries(REFERENCES)) {
    if (extras[param] !== undefined) return mistake(param, `This target keeps no responses, so ${instead}`);
  }
  if (extras.background === true) {
    return mistake(
      'background',
      'This target keeps no responses, so none can run in the background. Send `background: false` and wait, or stream.',
    );
  }
  for (const turn of turns) {
    for (const part of turn.parts) {
      if (part.kind !== 'opaque' || part.type !== 'item_reference') continue;
      return mistake(
        part.at ?? 'input',
        'This target keeps no responses, so an `item_reference` cannot be looked up. Send the full item instead; clients do so with `store: false`.',
      );
    }
  }
  if (extras.store === true) {
    return mistake('store', 'This target keeps no responses: send the whole input and `store: false`.');
  }
  return undefined;
}

function mistake(param: string, message: string): RequestMistake {
  return { mistake: true, message, param };
}
