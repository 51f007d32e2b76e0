-- Frees what crashed processes left behind, and drops ledger lines that are too old. ARGV: clock, age of the ledger (ms).
-- Reply: {holds freed, 1 where something is still held}.
-- @include tenant
-- @include counter
-- @include hold
local freed = free_expired(clock(ARGV[1]))
-- Stream ids carry this server's own time, whatever clock was injected.
redis.call('XTRIM', PREFIX .. 'ledger', 'MINID', '~', whole(math.max(0, clock('') - tonumber(ARGV[2]))))
return { freed, redis.call('EXISTS', HOLDS) }
