-- Prolongs leases from now; shortens none. ARGV: clock, lease ms, ids. Reply: how many.
-- @include tenant
-- @include counter
-- @include hold
local now = clock(ARGV[1])
local lease = tonumber(ARGV[2])
free_expired(now)
local renewed = 0
for i = 3, #ARGV do
  local record = hold_record(ARGV[i])
  if record then
    redis.call('ZADD', HOLDS, 'XX', 'GT', double(now + lease), ARGV[i])
    -- A counter must outlive what is held in it.
    for key in string.gmatch(record, '\n%S+ %S+ %S+ ([^\n]+)') do
      redis.call('PEXPIRE', PREFIX .. 'c:' .. key, whole(lease + GRACE), 'GT')
    end
    renewed = renewed + 1
  end
end
return renewed
