import { createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** Answers one request, with whatever bytes it likes: `number` counts the requests of all connections from 0. */
export type RawAnswer = (socket: Socket, request: string, number: number) => void;

/** An upstream on a real socket that speaks HTTP as badly as a test wants. */
export interface RawUpstream {
  readonly baseUrl: string;
  /** All requests, head and body, in the order they came. */
  readonly requests: readonly string[];
}

/** Starts it; closed with all its connections at the end of the test. */
export async function rawUpstream(t: TestContext, answer: RawAnswer): Promise<RawUpstream> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let unread = '';
    socket.setEncoding('latin1');
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (piece) => {
      unread += String(piece);
      for (;;) {
        const head = unread.indexOf('\r\n\r\n');
        if (head < 0) return;
        const end = head + 4 + Number(/^content-length: (\d+)/im.exec(unread.slice(0, head))?.[1] ?? 0);
        if (unread.length < end) return;
        const request = unread.slice(0, end);
        unread = unread.slice(end);
        answer(socket, request, requests.push(request) - 1);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { baseUrl: `http://127.0.0.1:${port}/v1`, requests };
}

/** A whole answer of HTTP. */
export function httpAnswer(body: string, status = '200 OK', type = 'application/json'): string {
  return `HTTP/1.1 ${status}\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** The head of a stream and, in the same write, its first events: TCP may well deliver them in one piece. */
export function streamOf(...events: readonly string[]): string {
  return `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n${httpChunk(...events)}`;
}

/** More events of a stream under way. */
export function httpChunk(...events: readonly string[]): string {
  const bytes = events.join('');
  return `${Buffer.byteLength(bytes).toString(16)}\r\n${bytes}\r\n`;
}

/** The stream ends as HTTP wants it. */
export const LAST_CHUNK = '0\r\n\r\n';

/** A chunk of a chat completion. */
export function chatChunk(content: string, finish: string | null = null, index = 0): string {
  return event({
    id: 'chatcmpl-raw',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'raw',
    choices: [{ index, delta: content === '' ? {} : { content }, finish_reason: finish }],
  });
}

export function event(data: unknown): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

export const DONE = 'data: [DONE]\n\n';
