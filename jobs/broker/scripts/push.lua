-- Put ready ids into one lane, and wake who sleeps on the queue.
-- KEYS: 1 lane  2 lanes  3 wake  4 totals  5 feed, where news go along
-- ARGV: 1 lane name  2 field to count them under, or ''  3 source  4 seconds to keep a minute  5 about how many
--       entries of the feed are kept  6 news  7.. pairs of score, id
-- Returns the number of ids that were new to the lane.
redis.call('SADD', KEYS[2], ARGV[1])
local added = redis.call('ZADD', KEYS[1], unpack(ARGV, 7))
local pairs_given = (#ARGV - 6) / 2
for _ = redis.call('LLEN', KEYS[3]) + 1, math.min(8, pairs_given) do redis.call('LPUSH', KEYS[3], 1) end
if ARGV[2] ~= '' then count(KEYS[4], ARGV[3], ARGV[4], ARGV[2], pairs_given) end
if KEYS[5] then redis.call('XADD', KEYS[5], 'MAXLEN', '~', ARGV[5], '*', 'told', ARGV[6]) end
return added
