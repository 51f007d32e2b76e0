-- Holds: the zset <prefix>holds (id -> end of its lease) and the hash <prefix>hold (id -> record). A record's first line is the
-- reserve call's own number; then one line a counter: start of the window it is held in, start of the window asked for, amount, key. Needs
-- tenant.lua and counter.lua.
local RECORDS = PREFIX .. 'hold'
-- Holds whose lease ran out and that nobody has settled yet (id -> when it was freed).
local LATE = PREFIX .. 'late'
local MOST_LATE = 10000
-- Of those the counters that were held in another window than asked for (id -> lines of start, asked, key).
local LATE_MOVED = PREFIX .. 'late-moved'

local function hold_record(id)
  return redis.call('HGET', RECORDS, id)
end

local function call_of(record)
  return string.match(record, '^[^\n]*')
end

-- Gives back what one hold holds. A counter that moved to another window, or is gone, has nothing of it.
local function release_hold(id, record)
  for start, _, amount, key in string.gmatch(record, '\n(%S+) (%S+) (%S+) ([^\n]+)') do
    local v = redis.call('HMGET', PREFIX .. 'c:' .. key, 'w', 'h')
    if v[1] and tonumber(v[1]) == tonumber(start) then
      set_held(key, math.max(0, tonumber(v[2]) - tonumber(amount)))
    end
  end
  redis.call('HDEL', RECORDS, id)
  redis.call('ZREM', HOLDS, id)
end

-- What of a record was held in a later window than the one asked for, which it had passed already: its charge belongs there too.
local function moved_of(record)
  local lines = ''
  for start, asked, key in string.gmatch(record, '\n(%S+) (%S+) %S+ ([^\n]+)') do
    if tonumber(start) ~= tonumber(asked) then
      lines = lines .. '\n' .. start .. ' ' .. asked .. ' ' .. key
    end
  end
  return lines
end

-- Frees every hold whose lease has run out, and remembers its id for the settlement that may still come.
local function free_expired(now)
  local freed = 0
  while true do
    local ids = redis.call('ZRANGEBYSCORE', HOLDS, '-inf', double(now), 'LIMIT', 0, 500)
    if #ids == 0 then
      break
    end
    for _, id in ipairs(ids) do
      local record = hold_record(id)
      if record then
        release_hold(id, record)
        local moved = moved_of(record)
        if moved ~= '' then
          redis.call('HSET', LATE_MOVED, id, moved)
          redis.call('PEXPIRE', LATE_MOVED, whole(DAY + GRACE))
        end
      else
        redis.call('ZREM', HOLDS, id)
      end
      redis.call('ZADD', LATE, double(now), id)
      freed = freed + 1
    end
  end
  if freed > 0 then
    redis.call('ZREMRANGEBYSCORE', LATE, '-inf', double(now - DAY))
    redis.call('ZREMRANGEBYRANK', LATE, 0, -1 - MOST_LATE)
    redis.call('PEXPIRE', LATE, whole(DAY + GRACE))
  end
  return freed
end
