-- Lets a number go on: ends its pause, and its hold where that is asked for.
--
-- KEYS[1] lanes:paused  HASH of paused numbers
-- KEYS[2] lanes         ZSET, score = next time one may go, in Unix milliseconds
-- KEYS[3] the number's lane  LIST
-- KEYS[4] wake          LIST of at most one token
-- KEYS[5] the number's throttle  STRING 'next:held:level', see claim.lua
-- ARGV[1] number
-- ARGV[2] 'pause': a hold stays; 'all': it ends too
--
-- A hold ends now rather than never having been: refusals of sends that began before tell nothing new, and how often in a
-- row the number was held counts on until a send succeeds.
--
-- Returns {note of the pause that ended or nil, until when the number would have been held in Unix ms, or 0}.
-- Repeated it changes nothing and answers that nothing ended.
local note = redis.call('HGET', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[1], ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ended = 0
if ARGV[2] == 'all' then
  -- A throttle of another type holds nothing back that this could end; the doctor names it.
  local noted = redis.pcall('GET', KEYS[5])
  local next, held, level = string.match(type(noted) == 'string' and noted or '', '^([%d.]+):([%d.]+):(%d+)$')
  if held and tonumber(held) > now then
    ended = tonumber(held)
    local life = math.ceil(math.max(tonumber(next), now) - now) + 3600000
    redis.call('SET', KEYS[5], string.format('%s:%.0f:%s', next, now, level), 'PX', life)
  end
end
if (note or ended > 0) and redis.call('EXISTS', KEYS[3]) == 1 then
  redis.call('ZADD', KEYS[2], now, ARGV[1])
  if redis.call('EXISTS', KEYS[4]) == 0 then redis.call('LPUSH', KEYS[4], '1') end
end
return {note, ended}
