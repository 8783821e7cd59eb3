-- Lets a paused queue go on.
--
-- KEYS[1] paused  STRING, present while the queue is paused
--
-- Returns the note of the pause that ended, or nil if the queue was not paused. Repeated it changes nothing.
local note = redis.call('GET', KEYS[1])
redis.call('DEL', KEYS[1])
return note
