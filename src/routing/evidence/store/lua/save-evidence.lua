-- Replaces evidence that nobody else has replaced meanwhile. KEYS[1] the evidence: a hash.
-- ARGV: record, the revision it was made from (0: there was none), milliseconds it is kept untouched.
-- Reply: the new revision; -1: another one was there.
local revision = tonumber(redis.call('HGET', KEYS[1], 'revision') or '0')
if revision ~= tonumber(ARGV[2]) then return -1 end
redis.call('HSET', KEYS[1], 'revision', revision + 1, 'record', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return revision + 1
