-- Which ids their lanes or the claims know, at one moment: an id on its way from one to the other is not missed.
-- KEYS: 1 claimed
-- ARGV: 1 prefix of lane keys  2.. pairs of lane, id
-- Returns 1 or 0 for each id.
local out = {}
for i = 2, #ARGV, 2 do
  local id = ARGV[i + 1]
  local known = redis.call('ZSCORE', ARGV[1] .. ARGV[i], id) or redis.call('ZSCORE', KEYS[1], id)
  out[i / 2] = known and 1 or 0
end
return out
