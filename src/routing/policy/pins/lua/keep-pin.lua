-- KEYS[1] the hash of a tenant's pins. ARGV: name, pin, how long it is kept (ms), how many at most.
-- Each one that comes looks at the two that were untouched longest, so that there never are many that should be gone.
local index = KEYS[1] .. ':at'
local time = redis.call('TIME')
-- Microseconds: of those of one millisecond some would go before their time.
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local kept, most = tonumber(ARGV[3]) * 1000, tonumber(ARGV[4])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZADD', index, string.format('%.0f', now), ARGV[1])
local beyond = redis.call('ZCARD', index) - most
local oldest = redis.call('ZRANGE', index, 0, 1, 'WITHSCORES')
for i = 1, #oldest, 2 do
  if beyond > 0 or tonumber(oldest[i + 1]) <= now - kept then
    redis.call('HDEL', KEYS[1], oldest[i])
    redis.call('ZREM', index, oldest[i])
    beyond = beyond - 1
  end
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', index, ARGV[3])
return 1
