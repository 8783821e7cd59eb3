-- Moves due jobs from the schedule to the waiting list.
--
-- KEYS[1] scheduled  ZSET, score = due time in Unix milliseconds
-- KEYS[2] ready      LIST
-- ARGV[1] most jobs in this step
--
-- Returns {jobs moved, milliseconds until the next is due, or -1 if none waits}.
-- Repeated after a lost reply it goes on where it was.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
for _, job in ipairs(due) do
  redis.call('ZREM', KEYS[1], job)
  redis.call('LPUSH', KEYS[2], job)
end
local next = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
if #next == 0 then return {#due, -1} end
return {#due, math.max(0, math.floor(tonumber(next[2]) - now))}
