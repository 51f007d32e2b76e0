/** What the bench's upstream says. Every byte is fixed, so that a proxy that loses or changes one is found out. */

/** How the upstream answers from now on. */
export type Shape =
  | { readonly kind: 'json' }
  /** `events` content deltas; `gapMs` 0 sends them as fast as the reader takes them. */
  | { readonly kind: 'stream'; readonly events: number; readonly gapMs: number }
  /** Streams to those who ask for a stream. */
  | { readonly kind: 'mixed'; readonly events: number; readonly gapMs: number }
  /** A stream in the dialect of the request's path: realistic text, the same in all of them. */
  | { readonly kind: 'spoken'; readonly events: number; readonly gapMs: number };

const ID = 'chatcmpl-BqX4mT2vN8sLcE6rJ0wZyH5kPdA';
const SENTENCE =
  'A breakwater takes the sea so that the harbour behind it stays calm; what reaches the quay is what the boats can bear. ';

/** Text of the non-streamed answer. */
export const ANSWER_TEXT = SENTENCE.repeat(6).trim();

/** Text of one content delta. */
export const DELTA_TEXT = ' calm water';

export const JSON_BODY = JSON.stringify({
  id: ID,
  object: 'chat.completion',
  created: 1_790_000_000,
  model: 'bench-2026-11-01',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: ANSWER_TEXT, refusal: null },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: { prompt_tokens: 212, completion_tokens: 143, total_tokens: 355 },
  system_fingerprint: 'fp_bench',
});

export const JSON_ANSWER = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(JSON_BODY)}\r\n` +
    `x-request-id: req_bench\r\nopenai-processing-ms: 1\r\nConnection: keep-alive\r\n\r\n${JSON_BODY}`,
);

export const STREAM_HEAD = Buffer.from(
  'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\n' +
    'x-request-id: req_bench\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n',
);

/** The role event and the first content delta leave together, as real providers send them. */
export const STREAM_OPENING = chunked(
  event({ choices: [choice({ role: 'assistant', content: '', refusal: null }, null)] }) + content(),
);
export const STREAM_DELTA = chunked(content());
export const STREAM_CLOSING = Buffer.concat([
  chunked(event({ choices: [choice({}, 'stop')] })),
  chunked(event({ choices: [], usage: { prompt_tokens: 212, completion_tokens: 143, total_tokens: 355 } })),
  chunked('data: [DONE]\n\n'),
  Buffer.from('0\r\n\r\n'),
]);

function content(): string {
  return event({ choices: [choice({ content: DELTA_TEXT }, null)] });
}

function choice(delta: object, finishReason: string | null): object {
  return { index: 0, delta, logprobs: null, finish_reason: finishReason };
}

/** About 250 bytes for a content delta, the size OpenAI sends. */
function event(fields: object): string {
  const whole = {
    id: ID,
    object: 'chat.completion.chunk',
    created: 1_790_000_000,
    model: 'bench-2026-11-01',
    service_tier: 'default',
    system_fingerprint: 'fp_bench',
    ...fields,
  };
  return `data: ${JSON.stringify(whole)}\n\n`;
}

/** One chunk of a chunked body. */
export function chunked(text: string): Buffer {
  return Buffer.from(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`);
}
