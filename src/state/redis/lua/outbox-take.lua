-- KEYS[1] the hash of events that are not delivered. ARGV: due before this (ms) they are left behind, now (ms), how many at most.
-- Reply: those left behind, oldest first, as JSON. They count as due now, so that nobody else takes them meanwhile.
local due = KEYS[1] .. ':due'
local taken = {}
for _, name in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])) do
  local entry = redis.call('HGET', KEYS[1], name)
  if entry then
    redis.call('ZADD', due, ARGV[2], name)
    taken[#taken + 1] = entry
  else
    redis.call('ZREM', due, name)
  end
end
return taken
