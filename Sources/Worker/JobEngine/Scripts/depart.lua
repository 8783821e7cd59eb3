-- Declares dead every worker whose lease has run out, under a short lock, and lists the departed.
--
-- KEYS[1] workers   ZSET of living workers, score = last heartbeat in Unix milliseconds
-- KEYS[2] departed  ZSET of workers that are gone, score = when they went
-- KEYS[3] lock      STRING with an expiry
-- ARGV[1] own worker id
-- ARGV[2] lease in milliseconds
-- ARGV[3] life of the lock in milliseconds
-- ARGV[4] '0': only list, declare nobody dead (the caller's own heartbeats had a gap)
--
-- Returns nil if another worker holds the lock, else the ids of the departed.
-- Repeated after a lost reply it may find its own lock and return nil: the next round does the work.
if not redis.call('SET', KEYS[3], ARGV[1], 'NX', 'PX', ARGV[3]) then return false end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if ARGV[4] ~= '0' then
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - tonumber(ARGV[2]))) do
    if id ~= ARGV[1] then
      redis.call('ZREM', KEYS[1], id)
      redis.call('ZADD', KEYS[2], now, id)
    end
  end
end
return redis.call('ZRANGE', KEYS[2], 0, -1)
