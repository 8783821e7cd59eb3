-- Settles a worker's only job and claims what is next, as if by settle.lua and then claim.lua ('alone'): both are functions
-- here, made of those files. Suspects, which are worked on one by one, so cost one round trip and one write to the disk each,
-- not two.
--
-- KEYS[1] claimed, [2] ready, [3] scheduled, [4] dead, [5] lanes, [6] wake, as settle.lua has them
-- KEYS[7] paused, [8] workers, as claim.lua has them
-- ARGV[1] worker id, [2] most jobs, [3] most bytes
-- ARGV    then what settle.lua takes
--
-- Nothing is claimed unless the worker's list is empty after the settlement: never are two suspects in one pair of hands.
--
-- Returns {what settle.lua returns, what claim.lua returns}, or the error that settle.lua answers; then nothing was changed.
-- Repeated after a lost reply it changes nothing if the first claimed something, which the worker's audit finds.
local settling = {}
for i = 4, #ARGV do settling[i - 3] = ARGV[i] end
local stale = settle({KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]}, settling)
if stale.err then return stale end
if redis.call('EXISTS', KEYS[1]) == 1 then return {stale, {'ok'}} end
return {stale, claim({KEYS[2], KEYS[1], KEYS[7], KEYS[8]}, {ARGV[1], ARGV[2], ARGV[3], 'alone'})}
