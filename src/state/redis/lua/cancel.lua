-- Takes back one reserve call whose answer never came, whether it has run, will run later, or never.
-- ARGV: clock, id, call number, how long to remember it (ms), number of rates; of each rate key, ms a unit, units.
-- Reply: 1 where it held something.
-- @include tenant
-- @include counter
-- @include hold
-- @include rate
local now = clock(ARGV[1])
local id, call = ARGV[2], ARGV[3]
local mark = PREFIX .. 'done:' .. id
if redis.call('GET', mark) == 's' then
  return 0
end
local record = hold_record(id)
if record and call_of(record) == call then
  release_hold(id, record)
  for i = 0, tonumber(ARGV[5]) - 1 do
    refund_rate(ARGV[6 + i * 3], tonumber(ARGV[7 + i * 3]), tonumber(ARGV[8 + i * 3]), now)
  end
  return 1
end
if not record then
  redis.call('SET', mark, 'c' .. call, 'PX', ARGV[4])
end
return 0
