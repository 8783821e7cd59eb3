-- What a queue holds, at one moment and without handing over any payload.
--
-- KEYS[1] ready, [2] scheduled, [3] dead, [4] paused, [5] workers, [6] departed, [7] lanes, [8] lanes:paused
-- ARGV[1] what the name of every claimed list begins with, [2] what that of every lane begins with
--
-- Returns {ready, claimed, scheduled, dead, overdue, oldest received_at in Unix ms or -1, bytes of all, workers,
--          departed, paused 0|1, now in Unix ms, jobs in lanes, jobs without a time that are next in a line}. Reads only.
-- What is next in its line and carries no time of ours, as a producer's short form, is of unknown age: it is counted, so
-- that nobody takes the queue for empty or young.
-- A claimed list or a lane that holds another type counts as empty; the doctor names it.
-- The oldest is looked for among those that may go: what waits in a paused lane waits for a person.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local bytes = 0
local function size(key) bytes = bytes + (redis.call('MEMORY', 'USAGE', key, 'SAMPLES', 5) or 0) end
local oldest, undated = nil, 0
local function look(job)
  if not job then return end
  local head = string.sub(job, 1, 1024)
  head = string.sub(head, 1, 5) == '{"v":' and string.sub(head, 1, (string.find(head, ',"payload":', 1, true) or 1024))
  local at = head and tonumber(string.match(head, ',"received_at":(%d+)'))
  if not at then
    undated = undated + 1
  elseif not oldest or at < oldest then
    oldest = at
  end
end
local function length(list)
  local count = redis.pcall('LLEN', list)
  return type(count) == 'number' and count or 0
end
look(redis.call('LINDEX', KEYS[1], -1))
local claimed = 0
for _, key in ipairs({KEYS[5], KEYS[6]}) do
  for _, id in ipairs(redis.call('ZRANGE', key, 0, -1)) do
    local list = ARGV[1] .. id
    local held = length(list)
    if held > 0 then
      claimed = claimed + held
      size(list)
      look(redis.call('LINDEX', list, -1))
    end
  end
end
local waiting = 0
for _, number in ipairs(redis.call('ZRANGE', KEYS[7], 0, -1)) do
  local lane = ARGV[2] .. number
  local held = length(lane)
  waiting = waiting + held
  size(lane)
  if held > 0 and redis.call('HEXISTS', KEYS[8], number) == 0 then look(redis.call('LINDEX', lane, -1)) end
end
for i = 1, 3 do size(KEYS[i]) end
return {
  redis.call('LLEN', KEYS[1]), claimed, redis.call('ZCARD', KEYS[2]), redis.call('ZCARD', KEYS[3]),
  redis.call('ZCOUNT', KEYS[2], '-inf', now), oldest or -1, bytes, redis.call('ZCARD', KEYS[5]),
  redis.call('ZCARD', KEYS[6]), redis.call('EXISTS', KEYS[4]), now, waiting, undated,
}
