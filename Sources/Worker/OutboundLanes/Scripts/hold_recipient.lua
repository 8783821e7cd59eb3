-- Holds one recipient of a number back: Meta has refused for the pair's limit, so nothing is left to borrow.
--
-- KEYS[1] rate:recipient:…  STRING, see reserve.lua
-- ARGV[1] milliseconds
-- ARGV[2] milliseconds between two messages to one recipient
-- ARGV[3] how many may go at once, borrowed from the time to come
--
-- Returns for how many milliseconds it is held from now on. Repeated after a lost reply it may hold a little longer.
redis.call('PEXPIRE', KEYS[1], 60000)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local next, held = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+):(%d+)$')
held = math.max(tonumber(held or 0), now + tonumber(ARGV[1]))
next = math.max(tonumber(next or 0), held + ARGV[2] * (ARGV[3] - 1))
redis.call('SET', KEYS[1], string.format('%.0f:%.0f', next, held), 'PX', next - now + 1000)
return held - now
