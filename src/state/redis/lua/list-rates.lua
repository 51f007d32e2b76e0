-- ARGV: clock, keys of rates. Reply: of each how long the units taken still take to come back (ms), as text.
-- @include tenant
-- @include rate
local now = clock(ARGV[1])
local reply = {}
for i = 2, #ARGV do
  reply[i - 1] = double(load_debt(ARGV[i], now, math.huge))
end
return reply
