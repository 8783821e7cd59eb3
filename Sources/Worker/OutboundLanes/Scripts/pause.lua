-- Pauses a number: its lane waits, and every worker sees it with its next claim.
--
-- KEYS[1] lanes:paused  HASH of paused numbers: why, since when
-- KEYS[2] lanes         ZSET, score = next time one may go, in Unix milliseconds
-- ARGV[1] number
-- ARGV[2] who, as a JSON string
-- ARGV[3] why, as a JSON string
--
-- Returns {1, note}, or {0, note} of the pause that is there already, which stays as it is.
-- Repeated after a lost reply it changes nothing and answers 0 with its own note.
local note = redis.call('HGET', KEYS[1], ARGV[1])
if note then return {0, note} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
note = string.format('{"since":%.0f,"by":', now) .. ARGV[2] .. ',"reason":' .. ARGV[3] .. '}'
-- A full Redis refuses what may grow only as a script's first write, and a number must be stoppable then above all.
redis.call('ZREM', KEYS[2], '')
redis.call('HSET', KEYS[1], ARGV[1], note)
redis.call('ZADD', KEYS[2], 'XX', now + 5000, ARGV[1])
return {1, note}
