/**
 * The data of each event in a stream, read as the standard for server-sent events says; written anew here, so that the
 * simulator's streams are not judged by the code they are to test.
 */
export function eventData(stream: Buffer | string): string[] {
  const text = stream.toString().replace(/^\ufeff/, '');
  const events: string[] = [];
  let data: string[] = [];
  for (const line of text.split(/\r\n|\r|\n/)) {
    if (line === '') {
      if (data.length > 0) events.push(data.join('\n'));
      data = [];
    } else if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
  }
  return events;
}

interface Chunk {
  choices?: { index: number; delta: { content?: string | null }; finish_reason: string | null }[];
  usage?: { completion_tokens: number } | null;
}

/** The JSON of each event of a chat stream, without `[DONE]`. */
export function chatChunks(stream: Buffer | string): Chunk[] {
  return eventData(stream)
    .filter((data) => data !== '[DONE]')
    .map((data) => JSON.parse(data) as Chunk);
}

/** The text of a chat stream's first choice. */
export function chatText(stream: Buffer | string): string {
  return chatChunks(stream)
    .map(({ choices }) => choices?.[0]?.delta.content ?? '')
    .join('');
}
