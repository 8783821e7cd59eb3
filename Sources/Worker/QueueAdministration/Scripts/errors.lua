-- Looks through a stretch of the dead jobs by what they died of, handing over no more than is asked for.
--
-- KEYS[1] dead  ZSET
-- ARGV[1] lowest score, included
-- ARGV[2] how many jobs from the lowest score on to leave out
-- ARGV[3] most jobs to look at
-- ARGV[4] most bytes to look at, and to hand over; the first job counts whatever its size
-- ARGV[5] most jobs to hand over; 0: group them by error instead
-- ARGV[6] the error's code as a JSON string: which jobs to hand over
--
-- Returns {lowest score and number to leave out for the next look, or '' and -1 at the end}, and then
-- job, score for each that has the error; or, grouped: code as a JSON string ('' for none), jobs with it, score and
-- header of the latest. Reads only.
-- No text in a header can hold the beginning of its error unescaped.
local lowest, skip, look = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local bytes, most, wanted = tonumber(ARGV[4]), tonumber(ARGV[4]), tonumber(ARGV[5])
local room = most
local out, groups, order = {'', -1}, {}, {}
local step, looked = 8, 0

local function code(job)
  local _, start = string.find(job, ',"error":{"code":"', 1, true)
  local finish = start and string.find(job, ',"payload":', 1, true)
  if not finish or finish < start then return '' end
  local at = start
  repeat
    at = string.find(job, '["\\]', at + 1)
    if not at or at > finish then return '' end
    local found = string.byte(job, at)
    if found == 92 then at = at + 1 end
  until found == 34
  return string.sub(job, start, at)
end

while true do
  local jobs = redis.call('ZRANGEBYSCORE', KEYS[1], lowest, '+inf', 'WITHSCORES', 'LIMIT', skip, step)
  if #jobs == 0 then break end
  for i = 1, #jobs, 2 do
    local job, score = jobs[i], jobs[i + 1]
    local error = code(job)
    local fits = wanted > 0 and error == ARGV[6]
    if fits and #out > 2 and room < #job then wanted = -1 end
    if wanted < 0 or looked >= look or (looked > 0 and bytes < #job) then
      out[1], out[2] = lowest, skip
      jobs = {}
      break
    end
    looked, bytes = looked + 1, bytes - #job
    if score == lowest then skip = skip + 1 else lowest, skip = score, 1 end
    if wanted == 0 then
      local group = groups[error]
      if not group then
        group = {count = 0}
        groups[error] = group
        order[#order + 1] = error
      end
      group.count, group.score, group.job = group.count + 1, score, job
    elseif fits then
      room = room - #job
      out[#out + 1] = job
      out[#out + 1] = score
      if #out / 2 - 1 == wanted then wanted = -1 end
    end
  end
  if #jobs < 2 * step then break end
  -- Small jobs are taken many at a time; large ones few, or one step alone would be the limit's many times.
  local size = (most - bytes) / looked
  step = math.max(1, math.min(250, math.floor(65536 / size)))
end
for _, error in ipairs(order) do
  local group = groups[error]
  local head = string.sub(group.job, 1, (string.find(group.job, ',"payload":', 1, true) or 1) - 1)
  for _, item in ipairs({error, group.count, group.score, head}) do out[#out + 1] = item end
end
return out
