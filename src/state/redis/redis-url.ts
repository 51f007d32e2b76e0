/** Where one server is, and who we are there. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly db: number;
  /** Of a Sentinel, where it has a password of its own: `?sentinelPassword=`, `&sentinelUsername=`. */
  readonly sentinelUsername: string | undefined;
  readonly sentinelPassword: string | undefined;
}

/** What makes Redis unusable and does not pass by itself: a wrong address or password, too old a version. Never holds a password. */
export class RedisRefused extends Error {
  override readonly name = 'RedisRefused';
  readonly code = 'redis_refused';
}

/** `redis://` or, with TLS, `rediss://user:password@host:port/database`. @throws {RedisRefused} that shows nothing secret */
export function parseRedisUrl(text: string, usualPort = 6379): RedisAddress {
  const url = URL.parse(text);
  if (!url || url.hostname === '' || (url.protocol !== 'redis:' && url.protocol !== 'rediss:')) {
    throw new RedisRefused('not an address of a Redis; write redis://host:6379 or rediss://user:password@host:6379/0');
  }
  const database = url.pathname.replace(/^\//, '');
  if (!/^\d{0,5}$/.test(database)) {
    throw new RedisRefused(`Redis at ${url.host}: the database must be a number, as in redis://host:6379/0`);
  }
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? usualPort : Number(url.port),
    tls: url.protocol === 'rediss:',
    username: url.username === '' ? undefined : decodeURIComponent(url.username),
    password: url.password === '' ? undefined : decodeURIComponent(url.password),
    db: database === '' ? 0 : Number(database),
    sentinelUsername: url.searchParams.get('sentinelUsername') ?? undefined,
    sentinelPassword: url.searchParams.get('sentinelPassword') ?? undefined,
  };
}

/** `host:port`: the only form in which an address is shown. */
export function addressLabel({ host, port }: Pick<RedisAddress, 'host' | 'port'>): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
