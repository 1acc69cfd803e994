-- Some ids of one lane by chance, or all when there are no more.
-- KEYS: 1 lane
-- ARGV: 1 most ids
-- Returns ids.
return redis.call('ZRANDMEMBER', KEYS[1], ARGV[1])
