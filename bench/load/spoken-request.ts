import type { Dialect } from '../upstream/stream-script.ts';
import { type Addressed, requestTo } from './request.ts';

const SYSTEM = 'You are a coding agent. Answer with one tool call or with text.';
const QUESTION =
  'What does the breakwater do, and when does the gate close? Look at the north gauge first, then quote the line of the ' +
  'harbour master\u2019s rules that says so, and show the code that reads the gauge. ';

/** The same question in a dialect's words, streamed: about 1 kB, which matters little beside the events of its answer. */
export function spokenRequest(port: number, dialect: Dialect, model: string): Buffer {
  const to: Addressed = { port, headers: dialect === 'messages' ? { 'anthropic-version': '2023-06-01' } : {} };
  return requestTo(to, PATHS[dialect], Buffer.from(JSON.stringify({ model, ...BODIES[dialect] })));
}

const PATHS: Readonly<Record<Dialect, string>> = {
  chat: '/v1/chat/completions',
  messages: '/v1/messages',
  responses: '/v1/responses',
};

const content = QUESTION.repeat(4);

const BODIES: Readonly<Record<Dialect, object>> = {
  chat: {
    messages: [
      { role: 'system', content: SYSTEM },
      { role: 'user', content },
    ],
    temperature: 0.2,
    max_completion_tokens: 1024,
    stream: true,
    stream_options: { include_usage: true },
  },
  messages: {
    system: SYSTEM,
    messages: [{ role: 'user', content }],
    temperature: 0.2,
    max_tokens: 1024,
    stream: true,
  },
  responses: {
    instructions: SYSTEM,
    input: [{ role: 'user', content }],
    temperature: 0.2,
    max_output_tokens: 1024,
    store: false,
    stream: true,
  },
};
