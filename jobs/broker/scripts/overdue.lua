-- Claims past their deadline, by the clock that set it: the one of the server that holds this queue.
-- KEYS: 1 claimed
-- ARGV: 1 most ids
-- Returns ids.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
