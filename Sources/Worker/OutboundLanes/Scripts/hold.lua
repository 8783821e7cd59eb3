-- Holds numbers back: none of their sends goes out for a while.
--
-- KEYS[1] lanes  ZSET, score = next time one may go, in Unix milliseconds
-- ARGV[1] what the name of every number's throttle begins with
-- ARGV[2] 'for': exactly so long; 'more': twice as long as the last time, as long as no send has succeeded
-- ARGV[3] milliseconds: the whole hold, or the first one
-- ARGV[4] most milliseconds
-- ARGV[5] how many milliseconds ago the send began that was refused
-- ARGV    then the numbers
--
-- With 'more' a send that began before the last hold ended tells nothing new: a volley of refusals is one hold.
--
-- Returns, for each number, for how many milliseconds it is held from now on.
-- Repeated after a lost reply it may hold a little longer.
redis.call('ZREM', KEYS[1], '')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local doubling, first, most, age = ARGV[2] == 'more', tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local waits = {}
for i = 6, #ARGV do
  local number = ARGV[i]
  local throttle = ARGV[1] .. number
  local next, held, level = string.match(redis.call('GET', throttle) or '', '^([%d.]+):([%d.]+):(%d+)$')
  next, held, level = tonumber(next or 0), tonumber(held or 0), tonumber(level or 0)
  if not doubling then
    held = math.max(held, now + math.min(first, most))
  elseif now - age >= held then
    level = math.min(level + 1, 30)
    held = now + math.min(most, first * 2 ^ (level - 1))
  end
  local life = math.ceil(math.max(next, held) - now) + 3600000
  redis.call('SET', throttle, string.format('%.3f:%.0f:%d', next, held, level), 'PX', life)
  if held > now then redis.call('ZADD', KEYS[1], 'XX', held, number) end
  waits[#waits + 1] = math.max(0, held - now)
end
return waits
