/** The kinds of call that are proxied, whatever the URL they come by. */
export type Endpoint = 'chat' | 'completions' | 'embeddings';
