-- Asks for the recipients of sends whether each may go now, and reserves its place if not.
--
-- KEYS[1] lanes  ZSET, only touched
-- ARGV[1] what the name of every recipient's throttle begins with
-- ARGV[2] milliseconds between two messages to one recipient
-- ARGV[3] how many may go at once, borrowed from the time to come
-- ARGV    then two for each send: number and recipient; the place that it reserved before in Unix milliseconds, or '0'
--
-- A recipient's throttle is 'next:held' (GCRA): the time at which everything borrowed is paid back, and until when Meta
-- wants to hear nothing. A place that was reserved before the last hold ended is void.
--
-- Returns {milliseconds to wait, place} for each send, one after another; 0 to wait: it goes now.
-- Repeated after a lost reply it reserves places that nobody takes: the recipient then waits a little longer.
redis.call('ZREM', KEYS[1], '')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local interval = tonumber(ARGV[2])
local credit = interval * (tonumber(ARGV[3]) - 1)
local reply = {}
for i = 4, #ARGV, 2 do
  local throttle, place = ARGV[1] .. ARGV[i], tonumber(ARGV[i + 1])
  local next, held = string.match(redis.call('GET', throttle) or '', '^(%d+):(%d+)$')
  next, held = math.max(tonumber(next or 0), now), tonumber(held or 0)
  if place == 0 or (held > now and place < held) then
    place = math.max(next - credit, held, now)
    next = next + interval
    redis.call(
      'SET', throttle, string.format('%.0f:%.0f', next, held), 'PX', math.max(next, held) - now + 1000)
  end
  reply[#reply + 1] = math.max(0, place - now)
  reply[#reply + 1] = place
end
return reply
