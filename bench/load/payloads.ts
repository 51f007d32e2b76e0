/** Request bodies as agents send them: a system prompt, then a conversation with tool output, some of it not ASCII. */

const WORDS = (
  'the agent reads a file and then calls the tool again because the first answer did not hold every line it needed ' +
  'harbour pier swell tide gauge mooring quay lantern "quoted" path/to/source.ts naïve façade \u{1f6a2} return await const'
).split(' ');

/** Bytes to reach, and the name that reports use. */
export const PAYLOAD_SIZES = [
  { name: '1 kB', bytes: 1_000 },
  { name: '20 kB', bytes: 20_000 },
  { name: '500 kB', bytes: 500_000 },
] as const;

export type PayloadName = (typeof PAYLOAD_SIZES)[number]['name'];

interface Message {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/** A chat completion request of exactly `bytes` bytes, the model first as the SDKs write it. */
export function chatBody(model: string, bytes: number, stream: boolean, maxTokens = 1024): Buffer {
  const random = lcg(bytes);
  const messages: Message[] = [
    { role: 'system', content: 'You are a coding agent. Answer with one tool call or with text.' },
  ];
  const serialise = () =>
    Buffer.from(
      JSON.stringify({
        model,
        messages,
        temperature: 0.2,
        max_tokens: maxTokens,
        ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
      }),
    );
  let left = bytes - serialise().length;
  while (left > 2_400) {
    const message: Message = { role: messages.length % 2 === 1 ? 'user' : 'assistant', content: prose(random, 1_800) };
    messages.push(message);
    left -= Buffer.byteLength(JSON.stringify(message)) + 1;
  }
  const last: Message = { role: 'user', content: '' };
  messages.push(last);
  left = bytes - serialise().length;
  last.content = prose(random, left)
    .replaceAll(/[^ -!#-[\]-~]/g, '-')
    .slice(0, left)
    .padEnd(left, '.');
  return serialise();
}

function prose(random: () => number, letters: number): string {
  let text = '';
  while (text.length < letters) {
    text += WORDS[Math.floor(random() * WORDS.length)] ?? '';
    text += random() < 0.08 ? '.\n' : ' ';
  }
  return text;
}

/** Numerical Recipes' linear congruence: enough to vary words, the same on every machine. */
function lcg(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
