/**
 * The yardstick: what any proxy on Node has to pay. A node:http server piped to a node:http keep-alive client, streaming both
 * ways, parsing nothing. Every CPU figure of this bench is a multiple of this file, so it must stay this small.
 *
 * Usage: node bench/subjects/bare-proxy.ts LISTEN_PORT UPSTREAM_PORT
 */
import { Agent, createServer, request } from 'node:http';

const [listenPort, upstreamPort] = process.argv.slice(2).map(Number);
const agent = new Agent({ keepAlive: true });

const server = createServer((incoming, reply) => {
  const { method, url: path, headers } = incoming;
  const outgoing = request({ host: '127.0.0.1', port: upstreamPort, agent, method, path, headers }, (answer) => {
    reply.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(reply);
    answer.once('error', () => reply.destroy());
  });
  outgoing.once('error', () => {
    if (reply.headersSent) reply.destroy();
    else reply.writeHead(502).end();
  });
  reply.once('close', () => {
    if (!reply.writableFinished) outgoing.destroy();
  });
  incoming.pipe(outgoing);
});

server.listen(listenPort, '127.0.0.1');
