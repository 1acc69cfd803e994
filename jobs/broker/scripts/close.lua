-- Claim nothing from a lane until a time; count what is ready in it, if it was open until now.
-- KEYS: 1 lane  2 gates  3 totals
-- ARGV: 1 lane name  2 until (milliseconds)  3 source  4 seconds to keep a minute
-- Returns the number of ids that are held back by it.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local was = tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or 0)
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
if was > now or tonumber(ARGV[2]) <= now then return 0 end
local held = redis.call('ZCARD', KEYS[1])
if held > 0 then count(KEYS[3], ARGV[3], ARGV[4], string.match(ARGV[1], '^[^|]+') .. '|throttled', held) end
return held
