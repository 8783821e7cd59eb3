-- Gives back what turns have paid that led to no request: only requests count among a number's sends per second.
--
-- KEYS[1] lanes        ZSET of lanes that hold something, score = next time one may go, in Unix milliseconds
-- KEYS[2] rate:numbers HASH of settings: number -> '<sends per second> <WABA>'
-- KEYS[3] wake         LIST of at most one token, for whoever waits
-- ARGV[1] what the name of every number's throttle begins with, see claim.lua
-- ARGV[2] sends per second of a number without settings
-- ARGV[3] milliseconds of credit that a bucket saves up
-- ARGV    then two for each number: number, how many turns
--
-- Returns how many numbers may go earlier now. Repeated after a lost reply it gives back more than was paid, at most a
-- batch's worth.
redis.call('ZREM', KEYS[1], '')
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local credit, earlier = tonumber(ARGV[3]), 0
for i = 4, #ARGV, 2 do
  local number, throttle = ARGV[i], ARGV[1] .. ARGV[i]
  local next, held, level = string.match(redis.call('GET', throttle) or '', '^([%d.]+):([%d.]+):(%d+)$')
  if next then
    local rate = tonumber(string.match(redis.call('HGET', KEYS[2], number) or '', '^%d+') or ARGV[2])
    next = math.max(0, next - ARGV[i + 1] * (1000 + credit) / math.max(rate, 1))
    redis.call('SET', throttle, string.format('%.3f:%.0f:%s', next, held, level), 'KEEPTTL')
    if tonumber(held) <= now then
      earlier = earlier + redis.call('ZADD', KEYS[1], 'XX', 'LT', 'CH', math.max(now, next - credit), number)
    end
  end
end
if earlier > 0 and redis.call('EXISTS', KEYS[3]) == 0 then redis.call('LPUSH', KEYS[3], '1') end
return earlier
