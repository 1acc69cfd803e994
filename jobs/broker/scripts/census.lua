-- How much one queue's copy holds.
-- KEYS: 1 epoch  2 lanes  3 claimed  4 gates
-- ARGV: 1 prefix of lane keys
-- Returns {whether it is complete, claims, then lane, ids in it, until when it is closed (milliseconds or 0), ...}.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local out = {redis.call('EXISTS', KEYS[1]), redis.call('ZCARD', KEYS[3])}
for _, name in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  local gate = tonumber(redis.call('HGET', KEYS[4], name) or 0)
  out[#out + 1] = name
  out[#out + 1] = redis.call('ZCARD', ARGV[1] .. name)
  out[#out + 1] = gate > now and gate or 0
end
return out
