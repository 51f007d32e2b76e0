import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { until as soon } from '../../chaos/until.ts';

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly url: string;
  readonly body: string;
}

/** Answers a post: a status, or whatever else it does with the response. */
export type Reaction = number | ((response: ServerResponse, socket: Socket) => void);

/** A receiver of webhooks on a port of its own. Reacts in turn; the last reaction repeats. */
export class Receiver {
  readonly received: Received[] = [];
  reactions: Reaction[] = [204];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<Receiver> {
    const server = createServer();
    const receiver = new Receiver(server);
    server.on('request', (request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const body = Buffer.concat(parts).toString('utf8');
        receiver.received.push({ headers: request.headers, url: request.url ?? '', body });
        const [reaction = 204] = receiver.reactions;
        if (receiver.reactions.length > 1) receiver.reactions.shift();
        if (typeof reaction === 'number') response.writeHead(reaction).end();
        else reaction(response, request.socket);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  ids(): string[] {
    return this.received.map(({ headers }) => String(headers['webhook-id']));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Lets the sockets work until it is so. */
export function until(isSo: () => boolean): Promise<void> {
  return soon(String(isSo), isSo);
}
