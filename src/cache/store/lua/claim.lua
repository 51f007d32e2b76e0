-- Takes an idempotency key, or tells what is known of it. KEYS[1] the key.
-- ARGV: owner, fingerprint, lease in ms. Reply: {'mine'}, or {'running' or 'done', fingerprint, answer}.
local known = redis.call('HMGET', KEYS[1], 'owner', 'fingerprint', 'answer')
if known[2] then
  return { known[3] and 'done' or 'running', known[2], known[3] or '' }
end
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'fingerprint', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return { 'mine' }
