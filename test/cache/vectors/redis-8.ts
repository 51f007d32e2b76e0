import { execFileSync } from 'node:child_process';
import { placeFrom, redisServerCommand, skipWithout } from '../../state/redis-server.ts';

/** Servers given to the tests are taken to be of version 8: an older one fails them. */
export const givenServer = placeFrom('BREAKWATER_TEST_REDIS');
export const givenCluster = placeFrom('BREAKWATER_TEST_REDIS_CLUSTER');

export const noVectorSets = skipWithout(
  givenServer ?? ownCommand(),
  'neither BREAKWATER_TEST_REDIS nor a redis-server of 8 or newer on PATH',
);
export const noCluster = skipWithout(givenCluster, 'BREAKWATER_TEST_REDIS_CLUSTER names none');

function ownCommand(): string | undefined {
  const command = redisServerCommand();
  if (command === undefined) return undefined;
  const [, major] = /v=(\d+)\./.exec(execFileSync(command, ['--version'], { encoding: 'utf8' })) ?? [];
  return Number(major) >= 8 ? command : undefined;
}
