-- Puts other bytes in the place of jobs, or takes them out.
--
-- KEYS[1] ZSET (dead, scheduled) or LIST (ready, a lane)
-- ARGV    pairs: a job's exact bytes, and what stands there from now on; empty: nothing
--
-- Returns how many were still there. Repeated after a lost reply it changes nothing.
local list = redis.call('TYPE', KEYS[1]).ok == 'list'
local found = 0
for i = 1, #ARGV, 2 do
  local job, new = ARGV[i], ARGV[i + 1]
  if list then
    local index = redis.call('LPOS', KEYS[1], job)
    if index then
      found = found + 1
      if new == '' then redis.call('LREM', KEYS[1], 1, job) else redis.call('LSET', KEYS[1], index, new) end
    end
  else
    local score = redis.call('ZSCORE', KEYS[1], job)
    if score then
      found = found + 1
      redis.call('ZREM', KEYS[1], job)
      if new ~= '' then redis.call('ZADD', KEYS[1], score, new) end
    end
  end
end
return found
