-- A rate is the string <prefix>r:<key>: how long the units taken still take to come back (ms), and when that was so. The generic cell
-- rate algorithm, whose arrival time is the sum of the two; kept apart, small intervals are not rounded off beside a clock of 13
-- digits. Needs tenant.lua.
local function save_debt(key, debt, now)
  redis.call('SET', PREFIX .. 'r:' .. key, double(debt) .. ' ' .. double(now), 'PX', whole(debt + GRACE))
end

local function load_debt(key, now, most)
  local stored = redis.call('GET', PREFIX .. 'r:' .. key)
  if not stored then
    return 0
  end
  local debt, at = string.match(stored, '^(%S+) (%S+)$')
  local left = tonumber(debt) + tonumber(at) - now
  if left > most then
    -- More than the burst can only be where the clock was set back, or the burst made smaller: that must not close a rate for as
    -- long as the clock takes to catch up, so it is begun anew from here.
    save_debt(key, most, now)
    return most
  end
  return math.max(0, left)
end

-- Gives units back, of which a rate never holds more than its burst.
local function refund_rate(key, emission, units, now)
  local debt = load_debt(key, now, math.huge)
  if debt > 0 then
    save_debt(key, math.max(0, debt - emission * units), now)
  end
end
