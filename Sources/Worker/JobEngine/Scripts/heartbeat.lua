-- Registers a worker, or renews its lease. A heartbeat never revives an id that was declared dead.
--
-- KEYS[1] workers   ZSET of living workers, score = last heartbeat in Unix milliseconds
-- KEYS[2] departed  ZSET of workers that are gone
-- ARGV[1] worker id
-- ARGV[2] 'register' | 'beat'
--
-- Returns Redis' time in Unix milliseconds, or 0 if the id is gone (or, registering, was used before).
-- Repeated after a lost reply it does the same again, save that a repeated registration is told 0: the caller then beats.

-- A full Redis refuses what may grow only as a script's first write: workers that drain it must stay alive.
redis.call('ZREM', KEYS[1], '')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local alive = redis.call('ZSCORE', KEYS[1], ARGV[1])
if ARGV[2] == 'register' then
  if alive or redis.call('ZSCORE', KEYS[2], ARGV[1]) then return 0 end
elseif not alive then
  return 0
end
redis.call('ZADD', KEYS[1], now, ARGV[1])
return now
