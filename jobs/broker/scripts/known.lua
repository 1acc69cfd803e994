-- Which ids a lane or the claims know, at one moment: an id on its way from one to the other is not missed.
-- KEYS: 1 lane  2 claimed
-- ARGV: ids
-- Returns 1 or 0 for each.
local out = {}
for i, id in ipairs(ARGV) do
  local known = redis.call('ZSCORE', KEYS[1], id) or redis.call('ZSCORE', KEYS[2], id)
  out[i] = known and 1 or 0
end
return out
