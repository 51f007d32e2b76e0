import type { Endpoint } from '../../dialects/endpoint.ts';
import type { JsonMembers } from '../../dialects/json-members.ts';

/** Members that only Anthropic's Messages has beside `messages`. */
const MESSAGES_ONLY = ['system', 'thinking', 'stop_sequences', 'top_k', 'anthropic_version', 'mcp_servers'] as const;
/** Members that only embeddings have beside `input`. */
const EMBEDDINGS_ONLY = ['encoding_format', 'dimensions'] as const;

/** Which kind of call a body is, by what only it has, where nobody says so. A plain list of messages is taken for chat. */
export function guessEndpoint(body: JsonMembers): Endpoint {
  const has = (names: readonly string[]) => names.some((name) => body.kind(name) !== undefined);
  if (has(['messages'])) return has(MESSAGES_ONLY) ? 'messages' : 'chat';
  if (has(['prompt'])) return 'completions';
  return has(EMBEDDINGS_ONLY) ? 'embeddings' : 'responses';
}
