import { once } from 'node:events';
import { Redis } from 'ioredis';
import { systemClock } from '../../../src/clock.ts';
import { RedisLink } from '../../../src/state/redis/link.ts';

/** A link to a server on this machine, in either version of the protocol. No answer is too late for it. */
export async function linkTo(port: number, protocol: 2 | 3 = 2): Promise<RedisLink> {
  const client = new Redis({ port, protocol, lazyConnect: true, retryStrategy: () => null, disableClientInfo: true });
  const link = new RedisLink({ client, clock: systemClock, where: 'test', commandTimeoutMs: 30_000, events: {} });
  const ready = once(client, 'ready');
  await client.connect();
  if (client.status !== 'ready') await ready;
  return link;
}
