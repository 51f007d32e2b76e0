-- Asks to be the one that probes. ARGV: circuit, ms (0 gives it back), replica, fields at most.
-- Reply: 0 where it is granted, else for how many ms another has it.
-- @include circuit-board
local field = 'l:' .. ARGV[1]
local ms = tonumber(ARGV[2])
local lease = standing(field)
if lease and lease.replica ~= ARGV[3] then
  return lease.left
end
if ms > 0 then
  put(field, ms, ARGV[3], 0, tonumber(ARGV[4]))
else
  redis.call('HDEL', BOARD, field)
end
return 0
