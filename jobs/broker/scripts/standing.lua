-- Where one job stands in its queue, and how many stand before it in its lane and in each open one.
-- KEYS: 1 epoch  2 lanes  3 claimed  4 gates
-- ARGV: 1 prefix of lane keys  2 type  3 id
-- Returns {'lane', 'claimed' or 'unknown', whether the copy is complete, its lane's gate in milliseconds or 0, then
-- for one in a lane: lane, how many before it, ...}.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local names, own, score = redis.call('SMEMBERS', KEYS[2]), nil, nil
for _, name in ipairs(names) do
  if string.match(name, '^[^|]+') == ARGV[2] then
    local found = redis.call('ZSCORE', ARGV[1] .. name, ARGV[3])
    if found then own, score = name, found end
  end
end
local gate = tonumber(redis.call('HGET', KEYS[4], own or ARGV[2]) or 0)
local out = {'unknown', redis.call('EXISTS', KEYS[1]), gate > now and gate or 0}
if not own then
  if redis.call('ZSCORE', KEYS[3], ARGV[3]) then out[1] = 'claimed' end
  return out
end
out[1] = 'lane'

-- Equals go by id, as a claim takes them: a search within those of the same score.
local function before(key)
  local low = redis.call('ZCOUNT', key, '-inf', '(' .. score)
  local high = low + redis.call('ZCOUNT', key, score, score)
  while low < high do
    local middle = math.floor((low + high) / 2)
    if redis.call('ZRANGE', key, middle, middle)[1] < ARGV[3] then low = middle + 1 else high = middle end
  end
  return low
end
for _, name in ipairs(names) do
  if name == own or tonumber(redis.call('HGET', KEYS[4], name) or 0) <= now then
    out[#out + 1] = name
    out[#out + 1] = name == own and redis.call('ZRANK', ARGV[1] .. name, ARGV[3]) or before(ARGV[1] .. name)
  end
end
return out
