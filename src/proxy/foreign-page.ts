import type { IncomingHttpHeaders } from 'node:http';
import type { Config } from '../config/config.ts';
import { isLoopback } from '../config/loopback.ts';
import type { Failure } from '../failures/failure.ts';
import { ownFailure } from '../failures/own-errors.ts';

/**
 * Why a request that a page of the web made is refused. A proxy that asks nobody for a key trusts this machine, and any page that is open in
 * a browser on it can post to a loopback address: it could not read the answer, but the operator's keys would pay for it. What says that it
 * comes of this machine, or says nothing (all that is no browser), goes on; so does everything where `auth: none` is written out.
 */
export function foreignPage({ origin }: IncomingHttpHeaders, { auth, tenants }: Config): Failure | undefined {
  if (origin === undefined || auth === 'none' || tenants.size > 0) return undefined;
  const host = /^https?:\/\/([^/]*?)(?::\d+)?$/i.exec(origin)?.[1];
  // Apps name themselves by schemes of their own; a page that hides where it comes from says "null".
  if (host === undefined ? origin !== 'null' : isLoopback(host)) return undefined;
  return ownFailure(
    'foreign_page',
    'A page of the web may not use this proxy: it asks nobody for a key and serves its own machine only. Configure tenants, or write "auth: none".',
    'origin',
  );
}
