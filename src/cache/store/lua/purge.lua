-- Takes away what fits a filter. KEYS[1] the tenant's index (see put.lua).
-- ARGV: key, model, user, epoch, not this epoch, tag; empty: any. Reply: how many went.
local index, ends = KEYS[1], KEYS[1] .. ':ends'
local all
if ARGV[1] == '' then
  all = redis.call('HGETALL', index)
else
  local known = redis.call('HGET', index, ARGV[1])
  all = known and { ARGV[1], known } or {}
end
local gone = 0
for i = 1, #all, 2 do
  local key = all[i]
  if key ~= '#bytes' then
    local bytes, model, user, epoch, tags = string.match(all[i + 1], '^(%d+)|([^|]*)|([^|]*)|([^|]*)|(.*)$')
    local fits = (ARGV[2] == '' or ARGV[2] == model)
      and (ARGV[3] == '' or ARGV[3] == user)
      and (ARGV[4] == '' or ARGV[4] == epoch)
      and (ARGV[5] == '' or ARGV[5] ~= epoch)
      and (ARGV[6] == '' or string.find(tags, ',' .. ARGV[6] .. ',', 1, true))
    if fits then
      redis.call('HINCRBY', index, '#bytes', -tonumber(bytes))
      redis.call('HDEL', index, key)
      redis.call('ZREM', ends, key)
      gone = gone + redis.call('DEL', index .. ':e:' .. key)
    end
  end
end
return gone
