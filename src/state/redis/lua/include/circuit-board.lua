-- The board is one hash, so that it lies in one slot of a Cluster. A field is a kind (o: open, c: closed, l: probe lease) and the
-- circuit's name; its value when it ends (ms of this server's clock, no replica's), who wrote it, a stamp and failed probes.
local BOARD = KEYS[1]
local TIME = redis.call('TIME')
local NOW = tonumber(TIME[1]) * 1000 + math.floor(tonumber(TIME[2]) / 1000)
local STAMP = TIME[1] .. '-' .. TIME[2]

local function parse(value)
  local ends, replica, stamp, attempt = string.match(value, '^(%d+) (%S+) (%S+) (%d+)$')
  return { left = tonumber(ends) - NOW, replica = replica, stamp = stamp, attempt = tonumber(attempt) }
end

-- What stands in a field; nil where it has ended.
local function standing(field)
  local value = redis.call('HGET', BOARD, field)
  local entry = value and parse(value)
  return entry and entry.left > 0 and entry or nil
end

-- Not written where the board is full: what is not shared is judged by each replica alone.
local function put(field, ms, replica, attempt, most)
  if redis.call('HEXISTS', BOARD, field) == 0 and redis.call('HLEN', BOARD) >= most then
    return
  end
  redis.call('HSET', BOARD, field, string.format('%.0f %s %s %d', NOW + ms, replica, STAMP, attempt))
  if redis.call('PTTL', BOARD) < ms then
    redis.call('PEXPIRE', BOARD, ms)
  end
end
