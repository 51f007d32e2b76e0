-- Keeps an answer, and makes room for it among its tenant's.
-- KEYS[1] the tenant's index: a hash of key -> "bytes|labels", and '#bytes', their sum. Beside it ':ends' (key by the time it ends) and ':e:<key>'.
-- ARGV: key, ms to live, payload, bytes, most bytes, labels. Reply: how many had to go before their time.
local index, ends = KEYS[1], KEYS[1] .. ':ends'
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function drop(key)
  local known = redis.call('HGET', index, key)
  if known then
    redis.call('HINCRBY', index, '#bytes', -tonumber(string.match(known, '^%d+')))
    redis.call('HDEL', index, key)
  end
  redis.call('ZREM', ends, key)
  redis.call('DEL', index .. ':e:' .. key)
end

for _, key in ipairs(redis.call('ZRANGEBYSCORE', ends, '-inf', now, 'LIMIT', 0, 100)) do
  drop(key)
end
drop(ARGV[1])
local bytes, most = tonumber(ARGV[4]), tonumber(ARGV[5])
if bytes > most then
  return 0
end
local evicted = 0
while tonumber(redis.call('HGET', index, '#bytes') or '0') + bytes > most do
  local first = redis.call('ZRANGE', ends, 0, 0)[1]
  if not first then
    -- The sum and what it is of have parted: Redis was full, and threw one of them away.
    redis.call('DEL', index)
    break
  end
  drop(first)
  evicted = evicted + 1
end
redis.call('SET', index .. ':e:' .. ARGV[1], ARGV[3], 'PX', ARGV[2])
redis.call('HSET', index, ARGV[1], ARGV[4] .. '|' .. ARGV[6])
redis.call('HINCRBY', index, '#bytes', bytes)
redis.call('ZADD', ends, now + ARGV[2], ARGV[1])
for _, key in ipairs({ index, ends }) do
  if redis.call('PTTL', key) < tonumber(ARGV[2]) then
    redis.call('PEXPIRE', key, ARGV[2])
  end
end
return evicted
