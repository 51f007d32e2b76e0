-- A routed request of some sessions or tasks was answered.
-- KEYS[1] the hash of a tenant's recent work, by session or task; each is JSON: of each kind of work what it is, and who served it ('' both).
-- ARGV: name of the kind of work, what it is, who served, how long that is kept (ms), how many at most, kinds of work of one at most; then
-- the sessions and tasks.
local index = KEYS[1] .. ':at'
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local name, side = ARGV[1], ARGV[3]
local kept, most, kinds = tonumber(ARGV[4]) * 1000, tonumber(ARGV[5]), tonumber(ARGV[6])

local function work_of(id)
  local at = redis.call('ZSCORE', index, id)
  local text = at and tonumber(at) > now - kept and redis.call('HGET', KEYS[1], id)
  local ok, work = pcall(cjson.decode, text or '{}')
  return ok and type(work) == 'table' and work or {}
end

for i = 7, #ARGV do
  local work, count = work_of(ARGV[i]), 0
  for _ in pairs(work) do
    count = count + 1
  end
  if work[name] then
    if work[name][2] ~= side then
      work[name][2] = ''
    end
  elseif count < kinds then
    work[name] = { ARGV[2], side }
  end
  redis.call('HSET', KEYS[1], ARGV[i], cjson.encode(work))
  redis.call('ZADD', index, string.format('%.0f', now), ARGV[i])
end

-- For each that comes it looks at the two that were untouched longest, so that there never are many that should be gone.
local beyond = redis.call('ZCARD', index) - most
local oldest = redis.call('ZRANGE', index, 0, 2 * (#ARGV - 6) - 1, 'WITHSCORES')
for i = 1, #oldest, 2 do
  if beyond > 0 or tonumber(oldest[i + 1]) <= now - kept then
    redis.call('HDEL', KEYS[1], oldest[i])
    redis.call('ZREM', index, oldest[i])
    beyond = beyond - 1
  end
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PEXPIRE', index, ARGV[4])
return 1
