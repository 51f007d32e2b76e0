import { randomBytes } from 'node:crypto';
import { describe } from 'node:test';
import { SearchIndex } from '../../../src/cache/vectors/redis/search-index.ts';
import { placeFrom } from '../../state/redis-server.ts';
import { vectorIndexConformance } from './conformance.ts';
import { linkTo } from './link-to.ts';

/** A server with search is a rare guest: these run where one is named, and are not among the services that may be required. */
const server = placeFrom('BREAKWATER_TEST_REDIS_SEARCH');

describe('a real server with search', {
  skip: server === undefined && 'BREAKWATER_TEST_REDIS_SEARCH names none',
}, () => {
  for (const protocol of [2, 3] as const) {
    vectorIndexConformance(`its search, spoken to in RESP${protocol},`, async ({ clock, space }) => {
      const link = await linkTo(server?.port ?? 0, protocol);
      const keyPrefix = `test-${randomBytes(6).toString('hex')}`;
      const open = () => new SearchIndex({ space, clock, link, keyPrefix, mostPerTenant: 10_000 });
      const index = open();
      await index.probe();
      return { index, reopen: async () => open(), close: () => link.close() };
    });
  }
});
