-- Releases the holds of a request and charges what it really used, once.
-- ARGV: clock, 1 where its reserve was answered, 1 where this settlement certainly never ran before, number of ids, of charges, of
-- refunds, ledger entry ('' none), length of the ledger; then the ids; of each charge key, window start, window end, forget after,
-- amount; of each refund key, ms a unit, units.
-- Reply: {settled, late, of each charge: 1, before, after, held | 0, 0, 0, 0 where its window is gone}.
-- @include tenant
-- @include counter
-- @include hold
-- @include rate
local now = clock(ARGV[1])
local answered, fresh = ARGV[2] == '1', ARGV[3] == '1'
local ids, charges, refunds = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local first_id = 8
local first_charge = first_id + ids
local first_refund = first_charge + charges * 5

free_expired(now)

local late, known, moved_lines = 0, false, ''
for i = 1, ids do
  local id = ARGV[first_id + i]
  local record = hold_record(id)
  if record then
    release_hold(id, record)
  elseif redis.call('ZREM', LATE, id) == 1 then
    late = 1
  end
  if i == 1 and (record or late == 1) then
    known = true
    moved_lines = record and moved_of(record) or redis.call('HGET', LATE_MOVED, id) or ''
  end
end
local moved = {}
for start, asked, key in string.gmatch(moved_lines, '\n(%S+) (%S+) ([^\n]+)') do
  moved[key .. '\n' .. asked] = tonumber(start)
end

local mark = PREFIX .. 'done:' .. ARGV[first_id + 1]
if redis.call('GET', mark) == 's' then
  return { 0, late }
end
-- Neither held, nor late, nor marked: either it ran long ago and its mark is gone, or Redis lost the hold (a failover). Where it
-- certainly never ran it is the latter, and what was used is still charged.
if answered and not known then
  if not fresh then
    return { 0, late }
  end
  late = 1
end
-- A hold is found once only, so that the mark is a second guard there. Where there was none it is the only one, for as long as the
-- settlement may wait in a replica's memory to be delivered.
redis.call('SET', mark, 's', 'PX', answered and known and '300000' or whole(DAY))

local reply = { 1, late }
local function charged(was, before, after, held)
  local n = #reply
  reply[n + 1], reply[n + 2], reply[n + 3], reply[n + 4] = was, whole(before), whole(after), whole(held)
end

for i = 0, charges - 1 do
  local at = first_charge + i * 5
  local key, start, stop, forget, amount = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4], tonumber(ARGV[at + 5])
  local counter = load_counter(key, now)
  if counter and counter.start == (moved[key .. '\n' .. start] or tonumber(start)) then
    set_spent(key, counter.spent + amount)
    touch_counter(key, counter, counter.spent + amount, now)
    charged(1, counter.spent, math.min(counter.spent + amount, MOST), counter.held)
  elseif counter and counter.start > tonumber(start) then
    charged(0, 0, 0, 0)
  elseif begin_counter(key, start, stop, forget, amount, 0, now) then
    charged(1, 0, amount, 0)
  else
    charged(0, 0, 0, 0)
  end
end

for i = 0, refunds - 1 do
  local at = first_refund + i * 3
  refund_rate(ARGV[at + 1], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]), now)
end

if ARGV[7] ~= '' then
  redis.call('XADD', PREFIX .. 'ledger', 'MAXLEN', '~', ARGV[8], '*', 'e', ARGV[7])
end
return reply
