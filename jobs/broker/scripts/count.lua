-- Add to a queue's totals and to its counts of this minute. Stands before the scripts that count.
-- A minute's hash has a `source`, new whenever it is made anew, so that what is kept of it is never mixed with what
-- came after a flush.
local function count(totals, source, keep, field, number)
  local minute = totals .. ':' .. math.floor(redis.call('TIME')[1] / 60) * 60
  redis.call('HINCRBY', totals, field, number)
  local new = redis.call('HINCRBY', minute, field, number) == tonumber(number)
  -- A minute that has just begun has no field yet.
  if new and redis.call('HSETNX', minute, 'source', source) == 1 then redis.call('EXPIRE', minute, keep) end
end
