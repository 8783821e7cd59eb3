-- Puts dead or scheduled jobs back among the waiting ones.
--
-- KEYS[1] from   ZSET, dead or scheduled
-- KEYS[2] ready  LIST
-- ARGV[1] 'head' (next in line) | 'tail' (behind all that wait)
-- ARGV    from [2] on two for each job: its exact bytes, and what takes its place (empty: the same bytes)
--
-- Returns the 0-based positions of jobs that were not there any more, for which nothing was changed.
-- Repeated after a lost reply it changes nothing: the jobs have left the set.
-- If the waiting list's key holds another type, it answers an error, and nothing was changed: Redis undoes nothing of a
-- script that fails halfway.
local held = redis.call('TYPE', KEYS[2]).ok
if held ~= 'list' and held ~= 'none' then
  return redis.error_reply('WRONGTYPE ' .. KEYS[2] .. ' holds a ' .. held .. ' where a list belongs: rename it')
end
local push = ARGV[1] == 'head' and 'RPUSH' or 'LPUSH'
local missing = {}
for i = 2, #ARGV, 2 do
  local job, replacement = ARGV[i], ARGV[i + 1]
  if redis.call('ZREM', KEYS[1], job) == 0 then
    missing[#missing + 1] = i / 2 - 1
  else
    if replacement == '' then replacement = job end
    redis.call(push, KEYS[2], replacement)
  end
end
return missing
