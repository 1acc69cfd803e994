-- Declare a rebuilt queue complete, if the rebuild was not itself overtaken by a flush.
-- KEYS: 1 epoch  2 rebuild lock  3 wake
-- ARGV: 1 token of the lock
-- Returns 1 when the queue is open now, 0 when the lock is gone or another's.
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('DEL', KEYS[2])
redis.call('LPUSH', KEYS[3], 1)
return 1
