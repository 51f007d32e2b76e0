-- KEYS[1] the hash of client keys. ARGV: id, SHA-256 of the key, the key as JSON. Reply: nothing wrong, 'id' or 'hash': taken already.
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then
  return 'id'
end
if redis.call('HSETNX', KEYS[1], 'hash:' .. ARGV[2], ARGV[1]) == 0 then
  return 'hash'
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
-- The revision begins with this server's time, so that it also differs after Redis has lost everything.
local time = redis.call('TIME')
redis.call('HSETNX', KEYS[1], 'revision', time[1] .. string.format('%06d', tonumber(time[2])))
redis.call('HINCRBY', KEYS[1], 'revision', 1)
return ''
