-- A replica has closed a circuit. ARGV: circuit, ms for which that can be read, replica, fields at most.
-- @include circuit-board
redis.call('HDEL', BOARD, 'o:' .. ARGV[1])
put('c:' .. ARGV[1], tonumber(ARGV[2]), ARGV[3], 0, tonumber(ARGV[4]))
return 1
