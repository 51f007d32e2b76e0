import { MAX_JSON_DEPTH } from '../../src/dialects/json-scan.ts';

/** A request as a client sends it. */
export interface NamedRequest {
  readonly name: string;
  readonly bytes: Buffer;
}

const WORDS =
  'Please look at the attached report and tell which of the 12 services in Vienna were slow on 3 May, and why. '.split(
    ' ',
  );

/** Text of a length, of ordinary words. */
export function prose(length: number): string {
  let text = '';
  for (let at = 0; text.length < length; at++)
    text += `${WORDS[at % WORDS.length] ?? ''}${at % 29 === 28 ? '\n' : ' '}`;
  return text.slice(0, length);
}

const chat = (name: string, messages: readonly unknown[], more: object = {}): NamedRequest => ({
  name,
  bytes: Buffer.from(JSON.stringify({ model: 'auto', ...more, messages })),
});

const user = (content: unknown) => ({ role: 'user', content });

export const USUAL: readonly NamedRequest[] = [
  chat('2 kB', [user(prose(2_000))]),
  chat('20 kB', [{ role: 'system', content: prose(4_000) }, user(prose(16_000))]),
  chat('100 kB, one turn', [user(prose(100_000))]),
  chat('100 kB, agent at work', [
    { role: 'system', content: prose(10_000) },
    user(prose(2_000)),
    ...Array.from({ length: 20 }, (_, index) => [
      {
        role: 'assistant',
        tool_calls: [{ id: `c${index}`, type: 'function', function: { name: 'read', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: `c${index}`, content: prose(4_200) },
    ]).flat(),
  ]),
];

const MEGABYTE = 1_000_000;

const tool = (index: number) => ({
  type: 'function',
  function: { name: `tool_${index}`, description: 'step by step', parameters: { type: 'object', properties: {} } },
});

/** What somebody could send to make a decision long. */
export const WORST: readonly NamedRequest[] = [
  chat('1 MB of one letter', [user('a'.repeat(MEGABYTE))]),
  chat('1 MB of quotes', [user('"'.repeat(MEGABYTE / 2))]),
  chat('1 MB of backslashes', [user('\\'.repeat(MEGABYTE / 2))]),
  chat('1 MB of back-quotes and brackets', [user('`([{<'.repeat(MEGABYTE / 5))]),
  chat('1 MB of open reminders', [user('<system-reminder>'.repeat(MEGABYTE / 17))]),
  chat('10,000 tools', [user(prose(2_000))], { tools: Array.from({ length: 10_000 }, (_, index) => tool(index)) }),
  chat('10,000 turns after the last of the user', [
    user('hello'),
    ...Array.from({ length: 10_000 }, (_, index) => ({ role: 'tool', tool_call_id: `c${index}`, content: 'done' })),
  ]),
  chat('10,000 parts', [user(Array.from({ length: 10_000 }, () => ({ type: 'text', text: 'yes' })))]),
  {
    name: `nested ${MAX_JSON_DEPTH - 4} deep`,
    bytes: Buffer.from(
      `{"model":"auto","messages":[{"role":"user","content":"hello","x":${'['.repeat(MAX_JSON_DEPTH - 4)}${']'.repeat(MAX_JSON_DEPTH - 4)}}]}`,
    ),
  },
];
