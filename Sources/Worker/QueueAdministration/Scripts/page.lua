-- One page of a sorted set of jobs, in the order of their scores, bounded in number and in bytes.
--
-- KEYS[1] dead or scheduled  ZSET
-- ARGV[1] lowest score, ARGV[2] highest score, both included
-- ARGV[3] how many jobs from the lowest score on to leave out
-- ARGV[4] most jobs
-- ARGV[5] most bytes; the first job comes whatever its size
--
-- Returns {job, score, job, score, …}. Reads only.
local out, bytes, skip, most = {}, 0, tonumber(ARGV[3]), tonumber(ARGV[4])
local step = 8
while most > 0 do
  local jobs = redis.call(
    'ZRANGEBYSCORE', KEYS[1], ARGV[1], ARGV[2], 'WITHSCORES', 'LIMIT', skip, math.min(step, most))
  for i = 1, #jobs, 2 do
    bytes = bytes + #jobs[i]
    if #out > 0 and bytes > tonumber(ARGV[5]) then return out end
    out[#out + 1] = jobs[i]
    out[#out + 1] = jobs[i + 1]
  end
  if #jobs < 2 * math.min(step, most) then break end
  skip, most = skip + step, most - step
end
return out
