-- Pauses a queue: consumers see it with their next claim, within a second.
--
-- KEYS[1] paused  STRING, present while the queue is paused
-- ARGV[1] who, as a JSON string
-- ARGV[2] why, as a JSON string
--
-- Returns {1, note}, or {0, note} of the pause that is there already, which stays as it is.
-- Repeated after a lost reply it changes nothing and answers 0 with its own note.
local note = redis.call('GET', KEYS[1])
if note then return {0, note} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
note = string.format('{"since":%.0f,"by":', now) .. ARGV[1] .. ',"reason":' .. ARGV[2] .. '}'
-- A full Redis refuses what may grow only as a script's first write, and a queue must be stoppable then above all.
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[1], note)
return {1, note}
