-- Moves due jobs from the schedule to the waiting list.
--
-- KEYS[1] scheduled  ZSET, score = due time in Unix milliseconds
-- KEYS[2] ready      LIST
-- KEYS[3] lock       STRING with an expiry: who promotes while more is due than one step moves
-- ARGV[1] most jobs in this step
-- ARGV[2] bytes after which the step ends
-- ARGV[3] worker id
-- ARGV[4] life of the lock in milliseconds
--
-- Where many jobs are due at once one worker alone goes on with the next step, so that others wait for Redis behind one step,
-- however many workers there are. The rest look again when the lock would be over.
--
-- Returns {jobs moved, milliseconds until the next is due (0: now), or -1 if none waits}.
-- Repeated after a lost reply it goes on where it was.
-- If the waiting list's key holds another type, it answers an error, and nothing was changed.

-- Redis undoes nothing of a script that fails halfway: what is taken from one place must be sure of its next.
local function foreign(key, kind)
  local held = redis.call('TYPE', key).ok
  if held == kind or held == 'none' then return nil end
  return redis.error_reply(
    'WRONGTYPE ' .. key .. ' holds a ' .. held .. ' where a ' .. kind .. ' belongs: rename it; nothing was changed')
end
local refusal = foreign(KEYS[2], 'list')
if refusal then return refusal end
local promoter = redis.call('GET', KEYS[3])
if promoter and promoter ~= ARGV[3] then
  local left = redis.call('PTTL', KEYS[3])
  -- No lock lives longer: then Redis' clock was set back since, and it would keep everybody out until that time came again.
  if left >= 0 and left <= tonumber(ARGV[4]) then return {0, math.max(1, left)} end
end
local function finished(moved, wait)
  if promoter then redis.call('DEL', KEYS[3]) end
  return {moved, wait}
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local moved, bytes = 0, 0
while true do
  local next = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  if #next == 0 then return finished(moved, -1) end
  local due = tonumber(next[2])
  if due > now then return finished(moved, math.ceil(due - now)) end
  if moved >= tonumber(ARGV[1]) or bytes >= tonumber(ARGV[2]) then
    redis.call('SET', KEYS[3], ARGV[3], 'PX', ARGV[4])
    return {moved, 0}
  end
  redis.call('ZREM', KEYS[1], next[1])
  redis.call('LPUSH', KEYS[2], next[1])
  moved = moved + 1
  bytes = bytes + #next[1]
end
