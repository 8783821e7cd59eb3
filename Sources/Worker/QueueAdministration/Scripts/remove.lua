-- Takes jobs out of a queue that the archive in Postgres holds already.
--
-- KEYS[1] from  ZSET (dead, scheduled) or LIST (ready)
-- ARGV    each job's exact bytes
--
-- Returns the 0-based positions of jobs that were not there any more.
-- Repeated after a lost reply it changes nothing and answers all of them.
local list = redis.call('TYPE', KEYS[1]).ok == 'list'
local missing = {}
for i, job in ipairs(ARGV) do
  local removed
  if list then removed = redis.call('LREM', KEYS[1], -1, job) else removed = redis.call('ZREM', KEYS[1], job) end
  if removed == 0 then missing[#missing + 1] = i - 1 end
end
return missing
