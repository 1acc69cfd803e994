-- Say what happened to those who listen, and forget what is old.
-- KEYS: 1 feed
-- ARGV: 1 about how many entries are kept  2 what happened
-- Returns the entry's id.
return redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'told', ARGV[2])
