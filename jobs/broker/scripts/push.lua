-- Put ready ids into one lane, and wake who sleeps on the queue.
-- KEYS: 1 lane  2 lanes  3 wake
-- ARGV: 1 lane name  2.. pairs of score, id
-- Returns the number of ids that were new to the lane.
redis.call('SADD', KEYS[2], ARGV[1])
local added = redis.call('ZADD', KEYS[1], unpack(ARGV, 2))
for _ = redis.call('LLEN', KEYS[3]) + 1, math.min(8, (#ARGV - 1) / 2) do
  redis.call('LPUSH', KEYS[3], 1)
end
return added
