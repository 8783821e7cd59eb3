-- Claims sends from the lanes in turn, as many as each number's bucket allows: they move into the worker's own list.
--
-- KEYS[1] lanes        ZSET of lanes that hold something, score = next time one may go, in Unix milliseconds
-- KEYS[2] lanes:paused HASH of paused numbers
-- KEYS[3] rate:numbers HASH of settings: number -> '<sends per second> <WABA>'
-- KEYS[4] claimed      LIST of this worker, filled on the left
-- KEYS[5] paused       STRING, present while the queue is paused
-- KEYS[6] workers      ZSET of living workers
-- KEYS[7] wake         LIST of at most one token, for whoever waits
-- KEYS[8] lock:lanes   STRING with an expiry: who waits for the next due time
-- KEYS[9] lock:suspect STRING with an expiry: '<worker> <number>', who is emptying its hands for a suspect in which lane
-- ARGV[1] worker id
-- ARGV[2] most jobs
-- ARGV[3] most bytes; the first job is taken whatever its size
-- ARGV[4] 'alone': this worker has no other job in work; 'busy': it has
-- ARGV[5] what the name of every lane's list begins with
-- ARGV[6] what the name of every number's throttle begins with
-- ARGV[7] sends per second of a number without settings
-- ARGV[8] milliseconds of credit that a bucket saves up
-- ARGV[9] shortest, ARGV[10] longest wait in milliseconds
-- ARGV    then numbers of which this worker has enough in work
--
-- A number's throttle is 'next:held:level' (GCRA): the time at which its bucket would be full again, until when the
-- number is held, and how often in a row it was. The interval is stretched by the credit, so that no second, wherever it
-- begins, sees more sends than the setting says.
-- The lane that was served longest ago comes first, and each that is due has a share of the batch: a flood in one lane
-- costs the others nothing.
-- A job whose owner died while holding it is a suspect: it is claimed by itself, by a worker that holds nothing else.
-- One worker at a time empties its hands for that; the others pass the suspect's lane over.
-- Only one of the workers waits for the next due time, so that their number does not multiply the looks.
-- A number whose lane or throttle holds another type is passed over, and keeps nobody else's sends from their turn.
--
-- Returns {state, milliseconds to wait, job ...}: 'ok' with the jobs, or none and how long to wait for the wake token;
-- 'suspect', nothing taken, since a suspect is next and the worker is busy; 'paused'; or 'gone' if the worker was
-- declared dead.
-- Repeated after a lost reply it claims further jobs; those of the lost reply are found by the worker's audit.

-- A full Redis refuses what may grow only as a script's first write: sends must go out all the same, or it stays full.
redis.call('ZREM', KEYS[6], '')
if not redis.call('ZSCORE', KEYS[6], ARGV[1]) then return {'gone', 0} end
if redis.call('EXISTS', KEYS[5]) == 1 then return {'paused', 0} end
if redis.call('GET', KEYS[8]) == ARGV[1] then redis.call('DEL', KEYS[8]) end

local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local most, limit, alone = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4] == 'alone'
local credit = tonumber(ARGV[8])
local full = {}
for i = 11, #ARGV do full[ARGV[i]] = true end

local reply, bytes = {'ok', 0}, 0

-- Takes up to `count` of a lane's jobs, oldest first, but a suspect only by itself. Answers how many, whether those were
-- all, and whether the last one looked at was a suspect ('taken', or 'next').
local function take(number, count)
  local lane = ARGV[5] .. number
  local waiting = redis.pcall('LRANGE', lane, -(count + 1), -1)
  if waiting.err then return 0, false, 'foreign' end
  local taken, suspect = {}, false
  for i = #waiting, 1, -1 do
    if #taken == count or suspect then break end
    local job = waiting[i]
    local _, to = string.find(job, '"crashes":', 1, true)
    suspect = to and string.byte(job, to + 1) ~= 48
    local none = #reply == 2 and #taken == 0
    if suspect and not (none and alone) then
      suspect = 'next'
      break
    end
    suspect = suspect and 'taken'
    if bytes + #job > limit and not none then break end
    taken[#taken + 1] = job
    bytes = bytes + #job
  end
  if #taken > 0 then
    -- In this order: what fails in the midst loses nothing.
    redis.call('LPUSH', KEYS[4], unpack(taken))
    redis.call('LTRIM', lane, 0, -(#taken + 1))
    for _, job in ipairs(taken) do reply[#reply + 1] = job end
  end
  return #taken, #taken == #waiting, suspect
end

-- Whoever waits is to look: there may be room for more elsewhere, and somebody must wait for what is due next.
local function wake()
  if redis.call('EXISTS', KEYS[1]) == 1 and redis.call('EXISTS', KEYS[7]) == 0 then
    redis.call('LPUSH', KEYS[7], '1')
  end
end

-- Who empties its hands for a suspect, and in which lane that is.
local drainer, drained = string.match(redis.call('GET', KEYS[9]) or '', '^(%S+) ?(.*)$')

-- Whether this worker is the one that empties its hands for the suspect that is next in this lane. One that has left or
-- died meanwhile empties nothing.
local function drains(number)
  if drainer and not redis.call('ZSCORE', KEYS[6], drainer) then drainer = nil end
  if drainer then return false end
  redis.call('SET', KEYS[9], ARGV[1] .. ' ' .. number, 'PX', 30000)
  return true
end

local due
if drainer == ARGV[1] then
  -- It takes nothing until its hands are empty, whatever else is due, and then that suspect, whose lane the others have
  -- put off meanwhile.
  if not alone then
    wake()
    return {'suspect', 0}
  end
  redis.call('DEL', KEYS[9])
  if redis.call('ZSCORE', KEYS[1], drained) then due = {drained} end
end
due = due or redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 200)
local settings, notes
if #due > 0 then
  settings = redis.call('HMGET', KEYS[3], unpack(due))
  notes = redis.call('HMGET', KEYS[2], unpack(due))
end
local suspectNext = false
for i, number in ipairs(due) do
  local room = most - (#reply - 2)
  if room <= 0 or bytes >= limit then break end
  local throttle = ARGV[6] .. number
  local noted = redis.pcall('GET', throttle)
  local foreign = type(noted) == 'table'
  local next, held, level = string.match(not foreign and noted or '', '^([%d.]+):([%d.]+):(%d+)$')
  local rate = tonumber(string.match(settings[i] or '', '^%d+') or ARGV[7])
  local interval = (1000 + credit) / math.max(rate, 1)
  next, held = math.max(tonumber(next or 0), now), tonumber(held or 0)
  if not foreign and next > now + credit + interval then
    -- No bucket is emptier than that: it was written by a clock that has been set back since.
    next = now + credit + interval
    local life = math.ceil(math.max(next, held) - now) + 3600000
    redis.call('SET', throttle, string.format('%.3f:%.0f:%s', next, held, level), 'PX', life)
  end
  local free = math.floor((credit - (next - now)) / interval) + 1
  if notes[i] or foreign then
    -- Looked at again now and then, so that a pause that was ended by hand ends.
    redis.call('ZADD', KEYS[1], now + 5000, number)
  elseif held > now then
    redis.call('ZADD', KEYS[1], held, number)
  elseif free < 1 then
    redis.call('ZADD', KEYS[1], next - credit, number)
  elseif full[number] then
    -- Another worker may have room for it; this one asks again soon.
    redis.call('ZADD', KEYS[1], now + 50, number)
  else
    local share = math.max(1, math.floor(room / (#due - i + 1)))
    local taken, all, suspect = take(number, math.min(free, share))
    if taken > 0 then
      next = next + taken * interval
      local life = math.ceil(math.max(next, held) - now) + 3600000
      redis.call('SET', throttle, string.format('%.3f:%.0f:%s', next, held, level or '0'), 'PX', life)
    end
    if suspect == 'foreign' then
      redis.call('ZADD', KEYS[1], now + 5000, number)
    elseif all then
      redis.call('ZREM', KEYS[1], number)
    elseif taken > 0 then
      redis.call('ZADD', KEYS[1], math.max(now, next - credit), number)
    elseif suspect and not alone then
      suspectNext = drains(number)
      if suspectNext then break end
      redis.call('ZADD', KEYS[1], now + 500, number)
    end
    -- Nothing goes along with it.
    if suspect == 'taken' then break end
  end
end

if #reply > 2 then
  wake()
  return reply
end
if suspectNext then
  wake()
  return {'suspect', 0}
end
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
if first[2] and tonumber(first[2]) <= now then return {'ok', 0} end
redis.call('DEL', KEYS[7])
local longest = tonumber(ARGV[10])
local wait = first[2] and math.max(tonumber(ARGV[9]), math.ceil(tonumber(first[2]) - now)) or longest
if wait >= longest or not redis.call('SET', KEYS[8], ARGV[1], 'NX', 'PX', wait + 200) then wait = longest end
return {'ok', wait}
