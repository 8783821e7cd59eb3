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
-- An error stands last in a header, and no other text in it can hold its beginning unescaped.
local lowest, skip, look = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local bytes, room, wanted = tonumber(ARGV[4]), tonumber(ARGV[4]), tonumber(ARGV[5])
local out, groups, order = {'', -1}, {}, {}
local step, looked = 8, 0

local function header(job)
  local finish = string.find(job, ',"payload":', 1, true)
  return finish and string.sub(job, 1, finish - 1) or ''
end

local function code(head)
  local start, after = nil, 1
  repeat
    local from, to = string.find(head, ',"error":{"code":"', after, true)
    if from then start, after = to, to + 1 end
  until not from
  if not start then return '' end
  local finish = start + 1
  while true do
    local at = string.find(head, '["\\]', finish)
    if not at then return '' end
    if string.sub(head, at, at) == '"' then return string.sub(head, start, at) end
    finish = at + 2
  end
end

while true do
  local jobs = redis.call('ZRANGEBYSCORE', KEYS[1], lowest, '+inf', 'WITHSCORES', 'LIMIT', skip, step)
  if #jobs == 0 then break end
  for i = 1, #jobs, 2 do
    local job, score = jobs[i], jobs[i + 1]
    local head = header(job)
    local error = code(head)
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
      group.count, group.score, group.head = group.count + 1, score, head
    elseif fits then
      room = room - #job
      out[#out + 1] = job
      out[#out + 1] = score
      if #out / 2 - 1 == wanted then wanted = -1 end
    end
  end
  if #jobs < 2 * step then break end
end
for _, error in ipairs(order) do
  local group = groups[error]
  for _, item in ipairs({error, group.count, group.score, group.head}) do out[#out + 1] = item end
end
return out
