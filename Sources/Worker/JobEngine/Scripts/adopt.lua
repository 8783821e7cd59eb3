-- Puts jobs' full forms in the place of what a worker has claimed.
--
-- KEYS[1] claimed  LIST of this worker
-- ARGV    two for each job: its exact bytes, its full form
--
-- Returns the 0-based positions of jobs that were not in the list, so that nothing was changed for them.
-- Repeated after a lost reply it changes nothing: the bytes have left the list.

-- A full Redis refuses what may grow only as a script's first write: short forms must be worked on, or it stays full.
redis.call('LTRIM', KEYS[1], 0, -1)
local missing = {}
for i = 1, #ARGV, 2 do
  local at = redis.call('LPOS', KEYS[1], ARGV[i])
  if at then
    redis.call('LSET', KEYS[1], at, ARGV[i + 1])
  else
    missing[#missing + 1] = (i - 1) / 2
  end
end
return missing
