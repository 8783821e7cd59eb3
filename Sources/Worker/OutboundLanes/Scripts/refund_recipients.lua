-- Gives back the places that recipients' sends had reserved and do not take.
--
-- KEYS[1] lanes  ZSET, only touched
-- ARGV[1] what the name of every recipient's throttle begins with, see reserve.lua
-- ARGV[2] milliseconds between two messages to one recipient
-- ARGV    then one for each place: what the throttle's name ends with
--
-- Returns how many were given back. Repeated after a lost reply it gives back more than was reserved.
redis.call('ZREM', KEYS[1], '')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local count = 0
for i = 3, #ARGV do
  local throttle = ARGV[1] .. ARGV[i]
  local next, held = string.match(redis.call('GET', throttle) or '', '^(%d+):(%d+)$')
  if next and tonumber(next) > now then
    next, held = math.max(now, next - ARGV[2]), tonumber(held)
    redis.call('SET', throttle, string.format('%.0f:%.0f', next, held), 'PX', math.max(next, held, now) - now + 1000)
    count = count + 1
  end
end
return count
