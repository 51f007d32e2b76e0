import type { Rig } from './rig.ts';

/** A streamed answer as the bytes say it, judged without any SDK. */
export interface ReadStream {
  readonly status: number;
  readonly headers: Headers;
  readonly raw: string;
  /** The data of each event, in order. */
  readonly events: readonly string[];
  readonly text: string;
  /** Ids of the chunks, each once. */
  readonly ids: readonly string[];
  /** Roles, finish reasons and usages in the order they came. */
  readonly roles: readonly string[];
  readonly finishes: readonly string[];
  readonly usages: readonly Readonly<Record<string, unknown>>[];
  /** `[DONE]`s. */
  readonly dones: number;
  /** In-band errors. */
  readonly errors: readonly { readonly code: string; readonly message: string; readonly type: string }[];
  /** The connection ended in a way that HTTP calls whole. */
  readonly ended: boolean;
}

interface Chunk {
  readonly id?: string;
  readonly choices?: readonly {
    readonly delta?: { readonly role?: string; readonly content?: string | null };
    readonly finish_reason?: string | null;
  }[];
  readonly usage?: Readonly<Record<string, unknown>> | null;
  readonly error?: { readonly code: string; readonly message: string; readonly type: string };
}

/** What a chat request asks beside the fields given. */
const STREAM = { stream: true, messages: [{ role: 'user', content: 'hello' }] };

/** Asks for a stream and reads it to its end, whatever that is. */
export async function readStream(rig: Rig, fields: Readonly<Record<string, unknown>>): Promise<ReadStream> {
  return readStreamAt(`${rig.proxy.url}/v1`, fields);
}

export async function readStreamAt(baseUrl: string, fields: Readonly<Record<string, unknown>>): Promise<ReadStream> {
  return readAll(await openStreamAt(baseUrl, fields));
}

/** Asks for a stream. Resolves when it has begun. */
export function openStreamAt(baseUrl: string, fields: Readonly<Record<string, unknown>>): Promise<Response> {
  return fetch(`${baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer client' },
    body: JSON.stringify({ ...STREAM, ...fields }),
  });
}

export async function readAll(response: Response): Promise<ReadStream> {
  const pieces: Uint8Array[] = [];
  let ended = true;
  try {
    for await (const piece of response.body ?? []) pieces.push(piece);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    ended = false;
  }
  const raw = Buffer.concat(pieces).toString('utf8');
  return { status: response.status, headers: response.headers, raw, ended, ...understand(dataOf(raw)) };
}

/** The data of each event, by the standard for server-sent events and not by the code under test. */
export function dataOf(raw: string): string[] {
  const events: string[] = [];
  let lines: string[] = [];
  for (const line of raw.replace(/^\ufeff/, '').split(/\r\n|\r|\n/)) {
    if (line === '' && lines.length > 0) {
      events.push(lines.join('\n'));
      lines = [];
    } else if (line.startsWith('data:')) lines.push(line.slice(5).replace(/^ /, ''));
  }
  return events;
}

function understand(events: readonly string[]): Omit<ReadStream, 'status' | 'headers' | 'raw' | 'ended'> {
  const chunks = events.filter((data) => data !== '[DONE]').map((data) => JSON.parse(data) as Chunk);
  const choices = chunks.flatMap((chunk) => chunk.choices ?? []);
  return {
    events,
    text: choices.map((choice) => choice.delta?.content ?? '').join(''),
    ids: [...new Set(chunks.flatMap((chunk) => (chunk.id === undefined ? [] : [chunk.id])))],
    roles: choices.flatMap((choice) => choice.delta?.role ?? []),
    finishes: choices.flatMap((choice) => choice.finish_reason ?? []),
    usages: chunks.map((chunk) => chunk.usage).filter((usage) => usage !== undefined && usage !== null),
    dones: events.length - chunks.length,
    errors: chunks.flatMap((chunk) => chunk.error ?? []),
  };
}

/** The text an unbroken answer to the same prompt has: the simulator's is a function of the prompt. */
export async function wholeText(rig: Rig, model = 'a/sim-ok'): Promise<string> {
  const answer = await rig.openai.chat.completions.create({ model, messages: [{ role: 'user', content: 'hello' }] });
  return answer.choices[0]?.message.content ?? '';
}
