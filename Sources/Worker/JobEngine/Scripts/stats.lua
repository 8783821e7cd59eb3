-- What a queue holds, at one moment and without handing over any payload.
--
-- KEYS[1] ready, [2] scheduled, [3] dead, [4] paused, [5] workers, [6] departed, [7] lanes, [8] lanes:paused
-- ARGV[1] what the name of every claimed list begins with, [2] what that of every lane begins with
--
-- Returns {ready, claimed, scheduled, dead, overdue, oldest received_at in Unix ms or -1, bytes of all, workers,
--          departed, paused 0|1, now in Unix ms, jobs in lanes}. Reads only.
-- The oldest is looked for among those that may go: what waits in a paused lane waits for a person.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local bytes = 0
local function size(key) bytes = bytes + (redis.call('MEMORY', 'USAGE', key, 'SAMPLES', 5) or 0) end
local function accepted(job)
  local head = job and string.sub(job, 1, 1024)
  local at = head and string.match(head, '"received_at":(%d+)')
  return at and tonumber(at)
end
local oldest = accepted(redis.call('LINDEX', KEYS[1], -1))
local claimed = 0
for _, key in ipairs({KEYS[5], KEYS[6]}) do
  for _, id in ipairs(redis.call('ZRANGE', key, 0, -1)) do
    local list = ARGV[1] .. id
    local length = redis.call('LLEN', list)
    if length > 0 then
      claimed = claimed + length
      size(list)
      local at = accepted(redis.call('LINDEX', list, -1))
      if at and (not oldest or at < oldest) then oldest = at end
    end
  end
end
local waiting = 0
for _, number in ipairs(redis.call('ZRANGE', KEYS[7], 0, -1)) do
  local lane = ARGV[2] .. number
  waiting = waiting + redis.call('LLEN', lane)
  size(lane)
  if redis.call('HEXISTS', KEYS[8], number) == 0 then
    local at = accepted(redis.call('LINDEX', lane, -1))
    if at and (not oldest or at < oldest) then oldest = at end
  end
end
for i = 1, 3 do size(KEYS[i]) end
return {
  redis.call('LLEN', KEYS[1]), claimed, redis.call('ZCARD', KEYS[2]), redis.call('ZCARD', KEYS[3]),
  redis.call('ZCOUNT', KEYS[2], '-inf', now), oldest or -1, bytes, redis.call('ZCARD', KEYS[5]),
  redis.call('ZCARD', KEYS[6]), redis.call('EXISTS', KEYS[4]), now, waiting,
}
