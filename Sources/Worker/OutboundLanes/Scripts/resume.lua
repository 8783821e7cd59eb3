-- Lets a paused number go on.
--
-- KEYS[1] lanes:paused  HASH of paused numbers
-- KEYS[2] lanes         ZSET, score = next time one may go, in Unix milliseconds
-- KEYS[3] the number's lane  LIST
-- KEYS[4] wake          LIST of at most one token
-- ARGV[1] number
--
-- Returns the note of the pause that ended, or nil if it was not paused. Repeated it changes nothing.
local note = redis.call('HGET', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[1], ARGV[1])
if note and redis.call('EXISTS', KEYS[3]) == 1 then
  local time = redis.call('TIME')
  redis.call('ZADD', KEYS[2], time[1] * 1000 + math.floor(time[2] / 1000), ARGV[1])
  if redis.call('EXISTS', KEYS[4]) == 0 then redis.call('LPUSH', KEYS[4], '1') end
end
return note
