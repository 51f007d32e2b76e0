-- Every key of a tenant begins with bw:{tenant}: and so lies in one slot. KEYS[1] is always its zset of holds.
local HOLDS = KEYS[1]
local PREFIX = string.sub(HOLDS, 1, -6)
local DAY = 86400000
-- A key outlives the moment from which it is not read any more by so much, ms.
local GRACE = 600000

-- Exact up to 2^53; tostring() writes 14 digits only.
local function whole(n)
  return string.format('%.0f', n)
end

-- Any double, so that tonumber() gives the same one back.
local function double(n)
  return string.format('%.17g', n)
end

-- The caller's clock where one was injected, else this server's: no replica's own clock decides.
local function clock(given)
  if given ~= '' then
    return tonumber(given)
  end
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000
end
