-- Claims up to a batch of jobs: each moves from the waiting list into the worker's own list.
--
-- KEYS[1] ready    LIST, taken from the right
-- KEYS[2] claimed  LIST of this worker, filled on the left
-- KEYS[3] paused   STRING, present while the queue is paused
-- KEYS[4] workers  ZSET of living workers
-- ARGV[1] worker id
-- ARGV[2] most jobs
-- ARGV[3] most bytes; the first job is taken whatever its size
-- ARGV[4] '1': a job was taken a moment ago, so one with crashes stays where it is
--
-- Returns {state, job ...}: 'ok' with the jobs, oldest first; 'paused'; or 'gone' if the worker was declared dead.
-- Repeated after a lost reply it claims further jobs; those of the lost reply are found by the worker's audit.
if not redis.call('ZSCORE', KEYS[4], ARGV[1]) then return {'gone'} end
if redis.call('EXISTS', KEYS[3]) == 1 then return {'paused'} end

local most, limit = tonumber(ARGV[2]), tonumber(ARGV[3])
local jobs, bytes, chunk = {'ok'}, 0, 16
if ARGV[4] == '1' then chunk = 64 end

while #jobs <= most do
  local peeked = redis.call('LRANGE', KEYS[1], -math.min(chunk, most + 1 - #jobs), -1)
  if #peeked == 0 then break end
  local full = false
  for i = #peeked, 1, -1 do
    local job = peeked[i]
    -- A job whose owner died while holding it is claimed alone, so that it cannot take others down with it.
    local from, to = string.find(job, '"crashes":', 1, true)
    local suspect = from and string.byte(job, to + 1) ~= 48
    local first = #jobs == 1 and ARGV[4] ~= '1'
    if not first and (suspect or bytes + #job > limit) then full = true break end
    redis.call('LMOVE', KEYS[1], KEYS[2], 'RIGHT', 'LEFT')
    jobs[#jobs + 1] = job
    bytes = bytes + #job
    if suspect then full = true break end
  end
  if full or bytes >= limit then break end
  -- Small jobs are peeked in larger steps; large ones never by more than the limit allows.
  local mean = bytes / (#jobs - 1)
  chunk = math.max(1, math.min(256, math.floor((limit - bytes) / mean / 2)))
end
return jobs
