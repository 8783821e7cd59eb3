-- One page of the jobs in several lists, as if they were one; each list from its right end, where its next job is.
--
-- KEYS    the lists, in the order in which they are shown
-- ARGV[1] how many jobs to leave out
-- ARGV[2] most jobs
-- ARGV[3] most bytes; the first job comes whatever its size
--
-- Returns {1 if more follow, else 0; then the 1-based number of its list and a job, for each}. Reads only.
local skip, most, bytes = tonumber(ARGV[1]), tonumber(ARGV[2]), 0
local out = {0}
local step = 8
for number, key in ipairs(KEYS) do
  local length = redis.call('LLEN', key)
  local seen = math.min(skip, length)
  skip = skip - seen
  while seen < length do
    if most == 0 then
      out[1] = 1
      return out
    end
    local count = math.min(step, most, length - seen)
    local jobs = redis.call('LRANGE', key, -seen - count, -seen - 1)
    for i = #jobs, 1, -1 do
      bytes = bytes + #jobs[i]
      if #out > 1 and bytes > tonumber(ARGV[3]) then
        out[1] = 1
        return out
      end
      out[#out + 1] = number
      out[#out + 1] = jobs[i]
    end
    seen, most = seen + count, most - count
  end
end
return out
