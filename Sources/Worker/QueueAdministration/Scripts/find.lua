-- Looks for a text in one stretch of a queue's jobs, so that a search never hands over what it does not look for.
--
-- KEYS[1] LIST or ZSET of jobs
-- ARGV[1] first position, ARGV[2] positions to look at
-- ARGV[3] the text
--
-- Returns {position after the last one looked at, or -1 at the end; the first job that holds the text, and its score
-- (empty for a list)}, or only the position. Reads only.
-- A list is read from the side where producers push: what moves meanwhile is then seen twice rather than missed.
local list = redis.call('TYPE', KEYS[1]).ok == 'list'
local from, count = tonumber(ARGV[1]), tonumber(ARGV[2])
local jobs = redis.call(list and 'LRANGE' or 'ZRANGE', KEYS[1], from, from + count - 1)
for i, job in ipairs(jobs) do
  if string.find(job, ARGV[3], 1, true) then
    return {from + i, job, list and '' or redis.call('ZSCORE', KEYS[1], job)}
  end
end
return {#jobs < count and -1 or from + count}
