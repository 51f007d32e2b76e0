-- KEYS[1] the hash of events that are not delivered. ARGV: name, the entry as JSON, when it is due (ms), how long all is kept (ms).
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[1] .. ':due', ARGV[3], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PEXPIRE', KEYS[1] .. ':due', ARGV[4])
return 1
