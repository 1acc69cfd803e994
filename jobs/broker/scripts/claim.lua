-- Claim ids from the open lanes of one queue, in order of their scores over all of them.
-- A job costs its type's share of a slot; claiming stops when `budget` slots are spent, so that only what
-- free slots will begin soon is taken.
-- KEYS: 1 epoch  2 pause  3 lanes  4 claimed  5 gates  6 wake
-- ARGV: 1 prefix of lane keys  2 most ids  3 budget (slots)  4 seconds to start them in  5.. pairs of type, cost
-- Returns {'lost'} without an epoch, {'paused'}, or {'ok', id...}.
if redis.call('EXISTS', KEYS[1]) == 0 then return {'lost'} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local pause = redis.call('GET', KEYS[2])
if pause and (tonumber(pause) == 0 or tonumber(pause) > now) then return {'paused'} end

local most, budget = tonumber(ARGV[2]), tonumber(ARGV[3])
if most < 1 or budget <= 0 then return {'ok'} end
local cost, heads = {}, {}
for i = 5, #ARGV, 2 do cost[ARGV[i]] = tonumber(ARGV[i + 1]) end
for _, name in ipairs(redis.call('SMEMBERS', KEYS[3])) do
  local share = cost[string.match(name, '^[^|]+')]
  local gate = share and tonumber(redis.call('HGET', KEYS[5], name) or 0)
  if share and gate <= now then
    local need = math.min(most, math.ceil(budget / share))
    local ids = redis.call('ZRANGE', ARGV[1] .. name, 0, need - 1, 'WITHSCORES')
    if #ids == 0 then redis.call('SREM', KEYS[3], name)
    else heads[#heads + 1] = {name = name, share = share, ids = ids, at = 1, score = tonumber(ids[2])} end
  end
end

local taken = {}
while #taken < most and budget > 0 do
  local best
  for _, head in ipairs(heads) do
    if head.score and (not best or head.score < best.score
      or head.score == best.score and head.ids[head.at] < best.ids[best.at]) then best = head end
  end
  if not best then break end
  taken[#taken + 1] = best.ids[best.at]
  budget = budget - best.share
  best.at = best.at + 2
  best.score = tonumber(best.ids[best.at + 1])
end
if #taken == 0 then
  redis.call('DEL', KEYS[6])
  return {'ok'}
end

for _, head in ipairs(heads) do
  if head.at > 1 then redis.call('ZREMRANGEBYRANK', ARGV[1] .. head.name, 0, (head.at - 1) / 2 - 1) end
end
local known = redis.call('ZMSCORE', KEYS[4], unpack(taken))
local out, claims = {'ok'}, {}
for i, id in ipairs(taken) do
  if not known[i] then
    out[#out + 1] = id
    claims[#claims + 1] = now + tonumber(ARGV[4]) * 1000
    claims[#claims + 1] = id
  end
end
if #claims > 0 then redis.call('ZADD', KEYS[4], unpack(claims)) end
return out
