import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { hashKey } from '../config/key-hash.ts';
import type { AdminConfig } from '../config/tenant-config.ts';
import type { Failure } from '../failures/failure.ts';
import { ownFailure } from '../failures/own-errors.ts';
import { sentKey } from './client-key.ts';

/** The id of the admin key a request carries (`admin#1`), or why it may not. A client key opens nothing here. */
export function identifyAdmin(headers: IncomingHttpHeaders, admin: AdminConfig): { readonly keyId: string } | Failure {
  const sent = sentKey(headers);
  if (sent === undefined)
    return ownFailure('missing_key', 'The admin API asks for a key: send it as "Authorization: Bearer ...".');
  const digest = Buffer.from(hashKey(sent.key), 'latin1');
  const key = admin.keys.find(({ hash }) => timingSafeEqual(Buffer.from(hash, 'latin1'), digest));
  return key === undefined
    ? ownFailure('invalid_key', `The key in ${sent.source} is no admin key.`)
    : { keyId: key.id };
}
