-- ARGV: clock, the most to list, keys that come first. Reply: of each counter key, window start, window end, spent, held.
-- @include tenant
-- @include counter
-- @include hold
local now = clock(ARGV[1])
local most = tonumber(ARGV[2])
free_expired(now)
local reply, from, named = {}, 0, {}

local function add(key)
  local counter = #reply < most * 5 and load_counter(key, now)
  if counter then
    local n = #reply
    reply[n + 1], reply[n + 2], reply[n + 3] = key, double(counter.start), counter.stop
    reply[n + 4], reply[n + 5] = counter.spent, counter.held
  end
end

for i = 3, #ARGV do
  if not named[ARGV[i]] then
    named[ARGV[i]] = true
    add(ARGV[i])
  end
end
while #reply < most * 5 do
  local keys = redis.call('ZRANGE', INDEX, from, from + 199)
  if #keys == 0 then
    break
  end
  from = from + #keys
  for _, key in ipairs(keys) do
    if not named[key] then
      add(key)
    end
  end
end
return reply
