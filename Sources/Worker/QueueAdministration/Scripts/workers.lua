-- The workers of a queue with what each holds, at one moment.
--
-- KEYS[1] workers   ZSET of living workers, score = last heartbeat in Unix milliseconds
-- KEYS[2] departed  ZSET of workers that are gone, score = when they went
-- ARGV[1] what the name of every claimed list begins with
--
-- A claimed list that holds another type counts as empty; the doctor names it.
--
-- Returns {now in Unix ms, then for each worker: id, 'alive' | 'departed', score, jobs held}. Reads only.
local time = redis.call('TIME')
local out = {time[1] * 1000 + math.floor(time[2] / 1000)}
for i, state in ipairs({'alive', 'departed'}) do
  local ids = redis.call('ZRANGE', KEYS[i], 0, -1, 'WITHSCORES')
  for j = 1, #ids, 2 do
    out[#out + 1] = ids[j]
    out[#out + 1] = state
    out[#out + 1] = ids[j + 1]
    local held = redis.pcall('LLEN', ARGV[1] .. ids[j])
    out[#out + 1] = type(held) == 'number' and held or 0
  end
end
return out
