import type { Endpoint } from '../../dialects/endpoint.ts';
import type { JsonMembers } from '../../dialects/json-members.ts';

/** Of a long past the end is looked at: the last answers are in it. */
const BYTES_LOOKED_AT = 65_536;
/** Tools looked for at once. */
const MOST_TOOLS = 128;

/**
 * Which of these tools the model called in the past that a request brings along, by a look at its bytes: an answer that was streamed need not
 * be read for it. A tool that is only named in quotes behind a `name` counts, too.
 *
 * @returns undefined: the request brings no answer along
 */
export function calledInHistory(
  endpoint: Endpoint,
  body: JsonMembers,
  tools: readonly string[],
): readonly string[] | undefined {
  const [past] = body.spans(endpoint === 'responses' ? 'input' : 'messages').slice(-1);
  if (past === undefined) return undefined;
  const text = body.bytes.toString('latin1', Math.max(past.start, past.end - BYTES_LOOKED_AT), past.end);
  if (!text.includes('"assistant"') && !text.includes('"function_call"')) return undefined;
  return tools
    .slice(0, MOST_TOOLS)
    .filter((name) => text.includes(`"name":"${name}"`) || text.includes(`"name": "${name}"`));
}
