-- ARGV: clock, scope, reason.
-- @include tenant
redis.call('HSET', PREFIX .. 'paused', ARGV[2], double(clock(ARGV[1])) .. '\n' .. ARGV[3])
return 1
