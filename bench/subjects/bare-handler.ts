/**
 * What any answer over HTTP has to pay on Node: a node:http server that reads the request's body without looking at it and answers with
 * the bytes that the bench's upstream answers with.
 *
 * Usage: node bench/subjects/bare-handler.ts LISTEN_PORT
 */
import { createServer } from 'node:http';
import { JSON_BODY } from '../upstream/answers.ts';

const body = Buffer.from(JSON_BODY);
const headers = { 'content-type': 'application/json', 'content-length': body.length };

const server = createServer((incoming, reply) => {
  incoming.resume();
  incoming.once('end', () => reply.writeHead(200, headers).end(body));
});

server.listen(Number(process.argv[2]), '127.0.0.1');
