-- A replica has opened a circuit. ARGV: circuit, ms, replica, failed probes, fields at most.
-- @include circuit-board
local field = 'o:' .. ARGV[1]
local ms = tonumber(ARGV[2])
local told = standing(field)
if not told or told.replica == ARGV[3] or told.left <= ms then
  put(field, ms, ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]))
end
return 1
