-- Drop claims that PostgreSQL has answered, and count the attempts that began.
-- KEYS: 1 claimed  2 totals
-- ARGV: 1 source  2 seconds to keep a minute  3 how many pairs  4.. pairs of field, number, then ids
-- Returns nothing.
local last = 3 + 2 * tonumber(ARGV[3])
for i = 4, last, 2 do count(KEYS[2], ARGV[1], ARGV[2], ARGV[i], ARGV[i + 1]) end
if #ARGV > last then redis.call('ZREM', KEYS[1], unpack(ARGV, last + 1)) end
