-- A counter is the hash <prefix>c:<key>: w window start, e its end ('' none), s spent, h held, f forgotten after ms untouched
-- ('' never), t last touched. Needs tenant.lua.
local MOST = 9007199254740991
local INDEX = PREFIX .. 'counters'

-- The counter as it stands, or nil where there is none, or none that still counts.
local function load_counter(key, now)
  local v = redis.call('HMGET', PREFIX .. 'c:' .. key, 'w', 's', 'h', 'f', 't', 'e')
  if not v[1] then
    return nil
  end
  local counter = { start = tonumber(v[1]), spent = tonumber(v[2]), held = tonumber(v[3]), forget = v[4], stop = v[6] }
  -- While something is held it is in use, however long that takes.
  if v[4] ~= '' and counter.held == 0 and now - tonumber(v[5]) >= tonumber(v[4]) then
    return nil
  end
  return counter
end

-- How long the key must live; nil: for ever. `stop` and `forget` are '' where there is none. Empty ones are not kept for ever: the
-- slots of a user who never came back.
local function lifetime(stop, forget, spent, now)
  local by_window = stop ~= '' and tonumber(stop) - now + DAY or nil
  local by_rest = forget ~= '' and tonumber(forget) + GRACE or nil
  if by_window and by_rest then
    return math.min(by_window, by_rest)
  end
  return by_window or by_rest or (spent == 0 and DAY or nil)
end

-- The index names the counters for listing. Each new one looks at the two entries that should be gone first, so that the
-- index cannot outgrow what exists by more than a little.
local function index_counter(key, now, ttl)
  redis.call('ZADD', INDEX, ttl and double(now + ttl) or '+inf', key)
  local old = redis.call('ZRANGEBYSCORE', INDEX, '-inf', double(now), 'LIMIT', 0, 2)
  for _, name in ipairs(old) do
    local left = redis.call('PTTL', PREFIX .. 'c:' .. name)
    if left == -2 then
      redis.call('ZREM', INDEX, name)
    else
      redis.call('ZADD', INDEX, left == -1 and '+inf' or double(now + left), name)
    end
  end
end

-- Begins a counter, or its next window. Nothing of an earlier one remains. False where its window is long over.
local function begin_counter(key, start, stop, forget, spent, held, now)
  local ttl = lifetime(stop, forget, spent, now)
  if ttl and ttl <= 0 then
    return false
  end
  local name = PREFIX .. 'c:' .. key
  redis.call('HSET', name, 'w', start, 'e', stop, 'f', forget, 't', double(now), 's', whole(spent), 'h', whole(held))
  if ttl then
    redis.call('PEXPIRE', name, whole(ttl))
  else
    redis.call('PERSIST', name)
  end
  index_counter(key, now, ttl)
  return true
end

-- After each use. `spent` is what the counter has now.
local function touch_counter(key, counter, spent, now)
  local name = PREFIX .. 'c:' .. key
  if counter.forget ~= '' then
    redis.call('HSET', name, 't', double(now))
  elseif counter.stop ~= '' then
    -- Its window's end decides.
    return
  end
  local ttl = lifetime(counter.stop, counter.forget, spent, now)
  if ttl then
    -- GT: a lease may already keep it for longer.
    redis.call('PEXPIRE', name, whole(math.max(1, ttl)), 'GT')
  elseif counter.spent == 0 then
    redis.call('PERSIST', name)
  end
end

-- Never beyond what a double counts exactly; what is more is lost, and a limit is far below it.
local function set_spent(key, spent)
  redis.call('HSET', PREFIX .. 'c:' .. key, 's', whole(math.min(spent, MOST)))
end

local function set_held(key, held)
  redis.call('HSET', PREFIX .. 'c:' .. key, 'h', whole(held))
end
