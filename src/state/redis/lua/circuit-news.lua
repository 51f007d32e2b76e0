-- What other replicas have told, and what has ended is thrown away. ARGV: replica.
-- Reply: field, ms left, stamp, failed probes of each, in one list.
-- @include circuit-board
local news = {}
local all = redis.call('HGETALL', BOARD)
for i = 1, #all, 2 do
  local entry = parse(all[i + 1])
  if entry.left <= 0 then
    redis.call('HDEL', BOARD, all[i])
  elseif entry.replica ~= ARGV[1] then
    news[#news + 1] = all[i]
    news[#news + 1] = entry.left
    news[#news + 1] = entry.stamp
    news[#news + 1] = entry.attempt
  end
end
return news
