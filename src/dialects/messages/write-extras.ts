import { isRecord } from '../../failures/json-record.ts';
import type { Conversation } from '../conversation/request.ts';
import type { UntoldNotes } from '../conversation/untold-notes.ts';

/** Members of other dialects' requests without which the answer would be to another question. All others are harmless. */
const ESSENTIAL: ReadonlyMap<string, string> = new Map([
  ['audio', 'Messages does not speak'],
  ['response_format', 'Messages has no such format'],
  ['web_search_options', "Messages searches the web only with Anthropic's own tool"],
  // vLLM's and SGLang's ways of forcing the answer's form.
  ['guided_json', 'use response_format'],
  ['guided_regex', 'Messages cannot force the form of an answer'],
  ['guided_choice', 'Messages cannot force the form of an answer'],
  ['guided_grammar', 'Messages cannot force the form of an answer'],
  ['structured_outputs', 'use response_format'],
  ['grammar', 'Messages cannot force the form of an answer'],
  ['previous_response_id', 'earlier answers are not kept; send the whole conversation'],
  ['conversation', 'conversations are not kept; send the whole conversation'],
  ['background', 'answers in the background cannot be asked for'],
  ['prompt', 'stored prompts are not known'],
]);

/** What these say is what happens anyway. */
function isSilent(field: string, value: unknown): boolean {
  switch (field) {
    case 'service_tier':
      return value === 'auto';
    case 'store':
    case 'background':
      return value === false;
    case 'modalities':
      return Array.isArray(value) && value.every((one) => one === 'text');
    case 'metadata':
      return isRecord(value) && Object.keys(value).length === 0;
    default:
      return false;
  }
}

/** Notes what a source's own members come to, and finds the user among them. */
export function noteExtras({ extras, user }: Conversation, notes: UntoldNotes): { readonly user: string | undefined } {
  let found = user;
  for (const [field, value] of Object.entries(extras)) {
    if (isSilent(field, value)) continue;
    const why = ESSENTIAL.get(field);
    if (why !== undefined) notes.essential(field, why);
    else if (field === 'modalities') notes.essential(field, 'Messages answers in text only');
    // OpenAI's newer name for the user.
    else if (field === 'safety_identifier' && found === undefined && typeof value === 'string') found = value;
    else notes.harmless(field, 'Messages has no such field');
  }
  return { user: found };
}
