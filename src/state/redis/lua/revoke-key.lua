-- KEYS[1] the hash of client keys. ARGV: id, when. Reply: 0 where there is no such key. Of two revocations the earlier counts.
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
  return 0
end
local field = 'revoked:' .. ARGV[1]
local before = redis.call('HGET', KEYS[1], field)
if not before or tonumber(ARGV[2]) < tonumber(before) then
  redis.call('HSET', KEYS[1], field, ARGV[2])
  redis.call('HINCRBY', KEYS[1], 'revision', 1)
end
return 1
