-- Puts right what a clock leaves behind that was ahead and has been set back: times that no rule would have set.
--
-- KEYS[1] lanes  ZSET of lanes that hold something, score = next time one may go, in Unix milliseconds
-- KEYS[2] wake   LIST of at most one token, for whoever waits for a lane
-- ARGV[1] what the name of every number's throttle begins with
-- ARGV[2] how many milliseconds ahead a lane's next time may be, save for a hold
-- ARGV[3] the longest hold in milliseconds
--
-- Returns how many lanes were put right. Repeated it changes nothing.
redis.call('ZREM', KEYS[1], '')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local mended = 0
for _, number in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now + ARGV[2], '+inf', 'LIMIT', 0, 1000)) do
  local throttle = ARGV[1] .. number
  local next, held, level = string.match(redis.call('GET', throttle) or '', '^([%d.]+):([%d.]+):(%d+)$')
  if tonumber(held or 0) > now + ARGV[3] then
    redis.call('SET', throttle, string.format('%s:%.0f:%s', next, now, level), 'PX', 3600000)
    held = now
  end
  if tonumber(held or 0) <= now then
    redis.call('ZADD', KEYS[1], now, number)
    mended = mended + 1
  end
end
if mended > 0 and redis.call('EXISTS', KEYS[2]) == 0 then redis.call('LPUSH', KEYS[2], '1') end
return mended
