-- Puts jobs of a departed worker back at the head of the line, each with one more crash; the third buries it.
--
-- KEYS[1] claimed   LIST of the departed worker
-- KEYS[2] ready     LIST
-- KEYS[3] dead      ZSET, score = when, in Unix milliseconds
-- KEYS[4] workers   ZSET of living workers
-- KEYS[5] departed  ZSET of workers that are gone, score = when they went
-- ARGV[1] the departed worker's id
-- ARGV[2] most jobs in this step
-- ARGV[3] bytes after which the step ends
-- ARGV[4] crashes at which a job is buried
-- ARGV[5] error object, as JSON, for a buried job
--
-- A job counts a crash only if its owner died while holding it. What is delivered into the list afterwards (by a blocking
-- command that outlived its client) was never worked on, nor was what an orderly leave left behind: the departed score of
-- such a worker ends in a half, set by its leave or once its list was found empty. An element of our form
-- without a count, written by somebody else, gets one; a short form, or what cannot be read, goes back as it is: the one
-- is never worked on before it has our form, the other never at all.
--
-- Returns {jobs put back, jobs buried, jobs left}. Repeated after a lost reply it goes on where it was.
-- If a key that jobs are to enter holds another type, it answers an error that names the key, and nothing was changed.

-- Redis undoes nothing of a script that fails halfway: what is taken from one place must be sure of its next.
local function foreign(key, kind)
  local held = redis.call('TYPE', key).ok
  if held == kind or held == 'none' then return nil end
  return redis.error_reply(
    'WRONGTYPE ' .. key .. ' holds a ' .. held .. ' where a ' .. kind .. ' belongs: rename it; nothing was changed')
end
local refusal = foreign(KEYS[2], 'list') or foreign(KEYS[3], 'zset')
if refusal then return refusal end
if redis.call('ZSCORE', KEYS[4], ARGV[1]) then return {0, 0, 0} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local mark = ',"payload":'
local went = tonumber(redis.call('ZSCORE', KEYS[5], ARGV[1]) or now)
local crashed = went % 1 == 0
local back, buried, bytes = 0, 0, 0
while back + buried < tonumber(ARGV[2]) and bytes < tonumber(ARGV[3]) do
  -- The newest claim first: the oldest job ends at the very head.
  local job = redis.call('LPOP', KEYS[1])
  if not job then break end
  bytes = bytes + #job
  local finish = string.find(job, mark, 1, true)
  local head = finish and string.sub(job, 1, finish - 1)
  local from, to, crashes
  if head and crashed then
    from, to, crashes = string.find(head, ',"crashes":(%d+)')
    if not from and string.sub(head, 1, 7) == '{"v":1,' then
      from = string.find(head, ',"error":', 1, true) or #head + 1
      to, crashes = from - 1, 0
    end
  end
  if not from then
    redis.call('RPUSH', KEYS[2], job)
    back = back + 1
  else
    -- Whoever else wrote it may have written anything: beyond a million Lua would no longer print it in digits.
    crashes = math.min(tonumber(crashes), 1000000) + 1
    head = string.sub(head, 1, from - 1) .. ',"crashes":' .. crashes .. string.sub(head, to + 1)
    if crashes < tonumber(ARGV[4]) then
      redis.call('RPUSH', KEYS[2], head .. string.sub(job, finish))
      back = back + 1
    else
      local error = string.find(head, ',"error":', 1, true)
      if error then head = string.sub(head, 1, error - 1) end
      redis.call('ZADD', KEYS[3], now, head .. ',"error":' .. ARGV[5] .. string.sub(job, finish))
      buried = buried + 1
    end
  end
end
local left = redis.call('LLEN', KEYS[1])
if left == 0 and crashed then redis.call('ZADD', KEYS[5], 'XX', went + 0.5, ARGV[1]) end
return {back, buried, left}
