-- The answer kept under a key. KEYS[1] the tenant's index (see put.lua). ARGV: key. Reply: the payload, or nothing.
-- One that the index does not know is none: a Redis that was full may have thrown the index away, and what no purge finds must not be given.
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
  return false
end
return redis.call('GET', KEYS[1] .. ':e:' .. ARGV[1])
