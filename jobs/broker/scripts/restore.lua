-- Put ids into a lane that neither it nor the claims know.
-- KEYS: 1 lane  2 lanes  3 claimed  4 wake
-- ARGV: 1 lane name  2 '1' when a claim past its deadline counts as unknown  3.. pairs of score, id
-- Returns the number of ids restored.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local restored = 0
for i = 3, #ARGV, 2 do
  local id = ARGV[i + 1]
  local deadline = tonumber(redis.call('ZSCORE', KEYS[3], id) or 'inf')
  if deadline <= now and ARGV[2] == '1' then
    redis.call('ZREM', KEYS[3], id)
    deadline = math.huge
  end
  if deadline == math.huge and redis.call('ZADD', KEYS[1], 'NX', ARGV[i], id) == 1 then restored = restored + 1 end
end
if restored > 0 then
  redis.call('SADD', KEYS[2], ARGV[1])
  redis.call('LPUSH', KEYS[4], 1)
  redis.call('LTRIM', KEYS[4], 0, 7)
end
return restored
