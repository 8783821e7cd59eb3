-- Claims up to a batch of jobs: each moves from the waiting list into the worker's own list.
--
-- KEYS[1] ready    LIST, taken from the right
-- KEYS[2] claimed  LIST of this worker, filled on the left
-- KEYS[3] paused   STRING, present while the queue is paused
-- KEYS[4] workers  ZSET of living workers
-- ARGV[1] worker id
-- ARGV[2] most jobs
-- ARGV[3] most bytes; the first job is taken whatever its size
-- ARGV[4] 'alone': this worker has no other job in work; 'busy': it has; 'more': it has just taken a job for this batch,
--         so that not even the first is taken against the limit
--
-- A job whose owner died while holding it is a suspect. It is claimed by itself and only by a worker that holds nothing
-- else, so that it cannot take others down with it; until then it waits at the head of the line.
--
-- Returns {state, job ...}: 'ok' with the jobs, oldest first; 'suspect', nothing taken, since a suspect is next and the
-- worker is busy; 'paused'; or 'gone' if the worker was declared dead.
-- Repeated after a lost reply it claims further jobs; those of the lost reply are found by the worker's audit.

-- A full Redis refuses what may grow only as a script's first write: jobs must be claimed all the same, or it stays full.
redis.call('ZREM', KEYS[4], '')
if not redis.call('ZSCORE', KEYS[4], ARGV[1]) then return {'gone'} end
if redis.call('EXISTS', KEYS[3]) == 1 then return {'paused'} end

local limit, mode = tonumber(ARGV[3]), ARGV[4]
local jobs, bytes = {'ok'}, 0
for _ = 1, tonumber(ARGV[2]) do
  -- Moved first and moved back if it does not fit: that costs one call a job, and never holds more than one too many.
  local job = redis.call('LMOVE', KEYS[1], KEYS[2], 'RIGHT', 'LEFT')
  if not job then break end
  local first = #jobs == 1
  local from, to = string.find(job, '"crashes":', 1, true)
  local suspect = from and string.byte(job, to + 1) ~= 48
  local fits = bytes + #job <= limit or (first and mode ~= 'more')
  if (suspect and not (first and mode == 'alone')) or not fits then
    redis.call('LMOVE', KEYS[2], KEYS[1], 'LEFT', 'RIGHT')
    if suspect and first and mode == 'busy' then return {'suspect'} end
    break
  end
  jobs[#jobs + 1] = job
  bytes = bytes + #job
  if suspect or bytes >= limit then break end
end
return jobs
