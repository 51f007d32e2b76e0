-- What was routed of a session or task, once. KEYS[1] the hash of a tenant's recent work. ARGV: session or task, how long it counts (ms).
local index = KEYS[1] .. ':at'
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local at = redis.call('ZSCORE', index, ARGV[1])
local text = redis.call('HGET', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('ZREM', index, ARGV[1])
return at and tonumber(at) > now - tonumber(ARGV[2]) * 1000 and text or ''
