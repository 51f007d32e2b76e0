import type { ChatDialect } from './conversation/request.ts';

/**
 * The kinds of call that are proxied, whatever the URL they come by. `chat`, `messages` and `responses` ask for the same thing in three
 * dialects and can be translated into each other; the others are passed on to providers that have them.
 */
export type Endpoint = 'chat' | 'completions' | 'embeddings' | 'messages' | 'responses' | 'count-tokens';

export const ENDPOINTS: readonly Endpoint[] = [
  'chat',
  'completions',
  'embeddings',
  'messages',
  'responses',
  'count-tokens',
];

/** The dialect of a conversation's endpoint; undefined for the others. */
export function chatDialect(endpoint: Endpoint): ChatDialect | undefined {
  return endpoint === 'chat' || endpoint === 'messages' || endpoint === 'responses' ? endpoint : undefined;
}
