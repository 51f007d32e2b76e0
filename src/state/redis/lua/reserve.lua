-- Holds all that is asked for, or nothing.
-- ARGV: clock, id, call number, lease ms, number of scopes, of counters, of rates; then the scopes; of each counter key, limit,
-- amount, window start, window end, forget after; of each rate key, ms a unit, burst, cost.
-- Reply: {1, now, spent, held, ...} held; {0, now, ...} refused: p, scope index, reason | c, index, spent, held | r, index, wait;
-- {2, now} some window asked for is not the one of now. Amounts as text: clients round integers near 2^53.
-- @include tenant
-- @include counter
-- @include hold
-- @include rate
local now = clock(ARGV[1])
local id, call, lease = ARGV[2], ARGV[3], tonumber(ARGV[4])
local scopes, counters, rates = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local first_counter = 7 + scopes
local first_rate = first_counter + counters * 6
local moment = double(now)

local function counter_arg(index, field)
  return ARGV[first_counter + index * 6 + field]
end

local function rate_arg(index, field)
  return ARGV[first_rate + index * 4 + field]
end

-- Before anything else, so that what a crashed process left behind neither refuses anybody nor outlives its counter.
free_expired(now)

local record = hold_record(id)
local mark = redis.call('GET', PREFIX .. 'done:' .. id)
if record or mark == 's' or mark == 'c' .. call then
  if record then
    -- A later cancel of the earlier call must not take this hold away.
    redis.call('HSET', RECORDS, id, call .. string.sub(record, #call_of(record) + 1))
  end
  local reply = { 1, moment }
  for i = 0, counters - 1 do
    local counter = load_counter(counter_arg(i, 1), now)
    reply[#reply + 1] = whole(counter and counter.spent or 0)
    reply[#reply + 1] = whole(counter and counter.held or 0)
  end
  return reply
end

for i = 0, counters - 1 do
  local stop = counter_arg(i, 5)
  if now < tonumber(counter_arg(i, 4)) or (stop ~= '' and now >= tonumber(stop)) then
    return { 2, moment }
  end
end

local refused = { 0, moment }

if scopes > 0 then
  local reasons = redis.call('HMGET', PREFIX .. 'paused', unpack(ARGV, 8, 7 + scopes))
  for i = 1, scopes do
    if reasons[i] then
      refused[#refused + 1] = 'p'
      refused[#refused + 1] = i - 1
      refused[#refused + 1] = string.match(reasons[i], '\n(.*)$')
    end
  end
end

local found = {}
for i = 0, counters - 1 do
  local counter = load_counter(counter_arg(i, 1), now)
  -- Windows only move forward: asked for an earlier one (a server's clock stepped back), the later one decides.
  if counter and counter.start < tonumber(counter_arg(i, 4)) then
    counter = nil
  end
  found[i] = counter or false
  local spent, held = 0, 0
  if counter then
    spent, held = counter.spent, counter.held
  end
  -- The right side is exact, and the left side is where it does not exceed it.
  if spent + held > tonumber(counter_arg(i, 2)) - tonumber(counter_arg(i, 3)) then
    refused[#refused + 1] = 'c'
    refused[#refused + 1] = i
    refused[#refused + 1] = whole(spent)
    refused[#refused + 1] = whole(held)
  end
end

local debts = {}
for i = 0, rates - 1 do
  local emission, burst, cost = tonumber(rate_arg(i, 2)), tonumber(rate_arg(i, 3)), tonumber(rate_arg(i, 4))
  local most = burst * emission
  debts[i] = load_debt(rate_arg(i, 1), now, most) + emission * cost
  -- A thousandth of a unit is a rounding error: 600 times 1/600 is not quite 1.
  if cost > burst or debts[i] - most > emission * 0.001 then
    refused[#refused + 1] = 'r'
    refused[#refused + 1] = i
    refused[#refused + 1] = cost > burst and '' or double(debts[i] - most)
  end
end

if #refused > 2 then
  return refused
end

local reply = { 1, moment }
local lines = { call }
for i = 0, counters - 1 do
  local key, amount, start = counter_arg(i, 1), tonumber(counter_arg(i, 3)), counter_arg(i, 4)
  local counter = found[i]
  if counter then
    start = double(counter.start)
    counter.held = counter.held + amount
    set_held(key, counter.held)
    touch_counter(key, counter, counter.spent, now)
  else
    counter = { spent = 0, held = amount }
    begin_counter(key, start, counter_arg(i, 5), counter_arg(i, 6), 0, amount, now)
  end
  if counter_arg(i, 6) ~= '' then
    redis.call('PEXPIRE', PREFIX .. 'c:' .. key, whole(lease + GRACE), 'GT')
  end
  lines[#lines + 1] = start .. ' ' .. counter_arg(i, 4) .. ' ' .. counter_arg(i, 3) .. ' ' .. key
  reply[#reply + 1] = whole(counter.spent)
  reply[#reply + 1] = whole(counter.held)
end
for i = 0, rates - 1 do
  save_debt(rate_arg(i, 1), debts[i], now)
end
redis.call('HSET', RECORDS, id, table.concat(lines, '\n'))
redis.call('ZADD', HOLDS, double(now + lease), id)
redis.call('ZREM', LATE, id)
return reply
