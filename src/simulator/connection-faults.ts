import type { ConnectionFault } from './behaviour.ts';
import { chunk } from './chunk.ts';
import type { Exchange } from './exchange.ts';
import { STREAM_HEADERS } from './stream-player.ts';

const COMMENT = chunk(': keep-alive\n\n');
const COMMENT_EVERY_MS = 1000;

/** Does to the connection what the fault says. False: it spares this request, which is answered. */
export function strike(exchange: Exchange, fault: ConnectionFault): boolean {
  switch (fault) {
    case 'reset':
      exchange.reset();
      return true;
    case 'reset-reused':
      if (exchange.requestsBefore === 0) return false;
      exchange.reset();
      return true;
    case 'hang-up':
      exchange.cut();
      return true;
    case 'silent':
      return true;
    case 'bad-http':
      exchange.send('', 'SSH-2.0-this is not HTTP\r\n\r\n');
      exchange.cut();
      return true;
    case 'cut-headers':
      exchange.send('HTTP/1.1 200 OK\r\ncontent-type: application/js', '');
      exchange.cut();
      return true;
    case 'comments-only': {
      exchange.send(exchange.head(200, STREAM_HEADERS), '');
      const comment = () => {
        exchange.send('', COMMENT);
        exchange.wait(COMMENT_EVERY_MS, comment);
      };
      comment();
      return true;
    }
  }
}
