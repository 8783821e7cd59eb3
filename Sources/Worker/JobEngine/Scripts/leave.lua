-- A worker leaves: from the living to the departed, whose lists stay under watch. One that finds itself gone leaves too,
-- so that its list is under watch whatever became of its id.
--
-- KEYS[1] workers   ZSET
-- KEYS[2] departed  ZSET, score = when in Unix milliseconds, plus a half: what is left in its list carries no crash
-- ARGV[1] worker id
--
-- Returns 1 if it was among the living, else 0. Repeated it changes nothing.
-- If the key of the departed holds another type, it answers an error, and nothing was changed: a worker in neither set would
-- be watched by nobody.
local held = redis.call('TYPE', KEYS[2]).ok
if held ~= 'zset' and held ~= 'none' then
  return redis.error_reply('WRONGTYPE ' .. KEYS[2] .. ' holds a ' .. held .. ' where a zset belongs: rename it')
end
local time = redis.call('TIME')
local living = redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[2], 'NX', time[1] * 1000 + math.floor(time[2] / 1000) + 0.5, ARGV[1])
return living
