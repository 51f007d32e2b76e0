-- KEYS[1] the hash of events that are not delivered. ARGV: name.
redis.call('ZREM', KEYS[1] .. ':due', ARGV[1])
return redis.call('HDEL', KEYS[1], ARGV[1])
