-- What the owner of a running idempotency key does with it. KEYS[1] the key.
-- ARGV: owner, 'renew' | 'complete' | 'release', ms to live, answer. Reply: 1; 0 where it is not the owner's any more.
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] or redis.call('HEXISTS', KEYS[1], 'answer') == 1 then
  return 0
end
if ARGV[2] == 'release' then
  return redis.call('DEL', KEYS[1])
end
if ARGV[2] == 'complete' then
  redis.call('HSET', KEYS[1], 'answer', ARGV[4])
end
return redis.call('PEXPIRE', KEYS[1], ARGV[3])
