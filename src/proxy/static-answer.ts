import type { Exchange } from './exchange.ts';

/** The configured text as an answer of the kind the client asked for: whole, or as a stream of one delta. */
export function staticAnswer(exchange: Exchange, text: string, nowMs: number): { contentType: string; body: Buffer } {
  const { call, endpoint, id } = exchange;
  const chat = endpoint === 'chat';
  const common = {
    id: `${chat ? 'chatcmpl' : 'cmpl'}-${id}`,
    created: Math.floor(nowMs / 1000),
    model: call.model,
    system_fingerprint: 'breakwater-static',
  };
  if (!call.stream) {
    const choice = chat
      ? {
          index: 0,
          message: { role: 'assistant', content: text, refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        }
      : { index: 0, text, logprobs: null, finish_reason: 'stop' };
    const answer = {
      ...common,
      object: chat ? 'chat.completion' : 'text_completion',
      choices: [choice],
      usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
    };
    return { contentType: 'application/json', body: Buffer.from(JSON.stringify(answer)) };
  }
  const object = chat ? 'chat.completion.chunk' : 'text_completion';
  const content = chat ? { delta: { role: 'assistant', content: text } } : { text };
  const end = chat ? { delta: {} } : { text: '' };
  const events: object[] = [
    { ...common, object, choices: [{ index: 0, ...content, logprobs: null, finish_reason: null }] },
    { ...common, object, choices: [{ index: 0, ...end, logprobs: null, finish_reason: 'stop' }] },
  ];
  if (call.includeUsage) {
    events.push({ ...common, object, choices: [], usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 } });
  }
  const lines = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
  return { contentType: 'text/event-stream; charset=utf-8', body: Buffer.from(`${lines}data: [DONE]\n\n`) };
}
