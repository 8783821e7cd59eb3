-- What the lanes hold, at one moment.
--
-- KEYS[1] lanes         ZSET of lanes that hold something
-- KEYS[2] lanes:paused  HASH of paused numbers
-- KEYS[3] rate:numbers  HASH of settings
-- ARGV[1] what the name of every lane's list begins with
-- ARGV[2] what the name of every number's throttle begins with
-- ARGV[3] sends per second of a number without settings
--
-- Returns {now in Unix ms, then for each lane, paused ones too: number, jobs waiting, next time one may go in Unix ms or
-- -1, held until in Unix ms or 0, sends per second, note of the pause or ''}. Reads only.
local time = redis.call('TIME')
local reply = {time[1] * 1000 + math.floor(time[2] / 1000)}
local seen = {}
-- What holds another type counts as empty; the doctor names it.
local function read(command, key)
  local value = redis.pcall(command, key)
  return type(value) ~= 'table' and value or nil
end
local function add(number, score)
  if seen[number] then return end
  seen[number] = true
  local held = string.match(read('GET', ARGV[2] .. number) or '', '^[%d.]+:([%d.]+):')
  local rate = string.match(redis.call('HGET', KEYS[3], number) or '', '^%d+') or ARGV[3]
  for _, item in ipairs({
    number, read('LLEN', ARGV[1] .. number) or 0, math.floor(tonumber(score)), math.floor(tonumber(held or 0)),
    tonumber(rate), redis.call('HGET', KEYS[2], number) or '',
  }) do
    reply[#reply + 1] = item
  end
end
local lanes = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for i = 1, #lanes, 2 do add(lanes[i], lanes[i + 1]) end
for _, number in ipairs(redis.call('HKEYS', KEYS[2])) do add(number, -1) end
return reply
