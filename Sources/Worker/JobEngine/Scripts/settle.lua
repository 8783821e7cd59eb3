-- Settles jobs: each leaves the worker's own list and, if it is not done, enters the place that its outcome names.
--
-- KEYS[1] claimed    LIST of this worker
-- KEYS[2] ready      LIST
-- KEYS[3] scheduled  ZSET, score = due time in Unix milliseconds
-- KEYS[4] dead       ZSET, score = when, in Unix milliseconds
-- KEYS[5] lanes      ZSET of lanes that hold something, score = next time one may go, in Unix milliseconds
-- KEYS[6] wake       LIST of at most one token, for whoever waits for a lane
-- ARGV[1] what the name of every lane's list begins with
-- ARGV    then four for each job: its exact bytes, target, argument, replacement
--         target 'done' | 'scheduled' (argument: due after so many milliseconds) | 'dead' | 'ready' (back to the head of
--         the line, where the jobs of one call stand in the order given: the first is taken first) | 'lane' (argument:
--         its name; to the end of that line) | 'lane-head' (likewise, to its head)
--         an empty replacement keeps the bytes as they are
--
-- A lane whose key holds another type holds up nobody else's jobs: what is to enter it is scheduled instead, no attempt
-- spent, and tried again.
--
-- Returns the 0-based positions of stale jobs: not in the worker's list any more, so nothing was changed for them.
-- Repeated after a lost reply it changes nothing: the jobs have left the list.
-- If another key that jobs are to enter holds another type, it answers an error that names the key, and nothing was
-- changed.

-- Redis undoes nothing of a script that fails halfway: what is taken from one place must be sure of its next.
local function foreign(key, kind)
  local held = redis.call('TYPE', key).ok
  if held == kind or held == 'none' then return nil end
  return redis.error_reply(
    'WRONGTYPE ' .. key .. ' holds a ' .. held .. ' where a ' .. kind .. ' belongs: rename it; nothing was changed')
end
local retry = 5000
local seen, lost = {}, {}
for i = 3, #ARGV, 4 do
  local target = ARGV[i]
  if target == 'lane' or target == 'lane-head' then
    local lane = ARGV[i + 1]
    if lost[lane] == nil then lost[lane] = foreign(ARGV[1] .. lane, 'list') ~= nil end
    if lost[lane] then target = 'scheduled' end
  end
  if target ~= 'done' then
    local places
    if target == 'scheduled' then
      places = {[KEYS[3]] = 'zset'}
    elseif target == 'dead' then
      places = {[KEYS[4]] = 'zset'}
    elseif target == 'ready' then
      places = {[KEYS[2]] = 'list'}
    else
      places = {[KEYS[5]] = 'zset', [KEYS[6]] = 'list'}
    end
    for key, kind in pairs(places) do
      local refusal = not seen[key] and foreign(key, kind)
      if refusal then return refusal end
      seen[key] = true
    end
  end
end

-- Taken out of the list first. A batch stands there as it was claimed, its first job next to the end, and mostly nothing
-- stands behind it: then it is cut off as a whole. What stands in the midst is found once for each run of neighbours, emptied
-- in place and taken out together, since a search and an own copy of the bytes in the append-only file for each job would
-- cost more than all else here.
local claimed, count = KEYS[1], (#ARGV - 1) / 4
local function job(n) return ARGV[4 * n - 2] end
local there = {} -- of each job, from 1 on
local emptied, hole, longest = 0, '', 0
-- What an emptied place holds is none of these jobs: one that is the empty text itself needs another.
for n = 1, count do longest = math.max(longest, #job(n)) end
for n = 1, count do if job(n) == '' then hole = string.rep('.', longest + 1) end end
local n = 1
while n <= count do
  local place = redis.call('LPOS', claimed, job(n), 'RANK', -1)
  if not place then
    n = n + 1
  else
    local run, reach = 1, 8
    there[n] = true
    -- In growing steps, so that jobs in disorder cost little.
    while n + run <= count and place - run >= 0 do
      local most = math.min(reach, count - n - run + 1, place - run + 1)
      local neighbours = redis.call('LRANGE', claimed, place - run - most + 1, place - run)
      local alike = 0
      while alike < most and neighbours[most - alike] == job(n + run + alike) do
        there[n + run + alike] = true
        alike = alike + 1
      end
      run = run + alike
      if alike < most then break end
      reach = reach * 4
    end
    if place == redis.call('LLEN', claimed) - 1 then
      redis.call('LTRIM', claimed, 0, -run - 1)
    else
      -- A full Redis refuses what may grow only as a script's first write.
      if emptied == 0 then redis.call('LTRIM', claimed, 0, -1) end
      for index = place - run + 1, place do redis.call('LSET', claimed, index, hole) end
      emptied = emptied + run
    end
    n = n + run
  end
end
-- As many as were emptied: of other jobs that read the same as many are left as there were.
if emptied > 0 then redis.call('LREM', claimed, -emptied, hole) end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local stale, back, entered = {}, {}, {}
for n = 1, count do
  local i = 4 * n - 2
  local target, argument, replacement = ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  if not there[n] then
    stale[#stale + 1] = n - 1
  elseif target ~= 'done' then
    if lost[argument] and (target == 'lane' or target == 'lane-head') then
      target, argument = 'scheduled', retry
    end
    if replacement == '' then replacement = job(n) end
    if target == 'scheduled' then
      redis.call('ZADD', KEYS[3], now + tonumber(argument), replacement)
    elseif target == 'dead' then
      redis.call('ZADD', KEYS[4], now, replacement)
    elseif target == 'lane' then
      redis.call('LPUSH', ARGV[1] .. argument, replacement)
      entered[argument] = true
    elseif target == 'lane-head' then
      back[#back + 1] = {ARGV[1] .. argument, replacement}
      entered[argument] = true
    else
      back[#back + 1] = {KEYS[2], replacement}
    end
  end
end
for i = #back, 1, -1 do redis.call('RPUSH', back[i][1], back[i][2]) end
local woken = false
for lane in pairs(entered) do
  if redis.call('ZADD', KEYS[5], 'NX', now, lane) == 1 then woken = true end
end
if woken and redis.call('EXISTS', KEYS[6]) == 0 then redis.call('LPUSH', KEYS[6], '1') end
return stale
