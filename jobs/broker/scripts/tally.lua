-- Count what happened in a queue.
-- KEYS: 1 totals
-- ARGV: 1 source, should this begin a minute  2 seconds to keep a minute  3.. pairs of field, number
-- Returns nothing.
for i = 3, #ARGV, 2 do count(KEYS[1], ARGV[1], ARGV[2], ARGV[i], ARGV[i + 1]) end
