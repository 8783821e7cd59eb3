-- Sends of these numbers have succeeded: the next hold begins small again.
--
-- ARGV[1] what the name of every number's throttle begins with
-- ARGV    then the numbers
--
-- Returns how many had been held in a row. Repeated it changes nothing.
local reset = 0
for i = 2, #ARGV do
  local throttle = ARGV[1] .. ARGV[i]
  local next, held, level = string.match(redis.call('GET', throttle) or '', '^([%d.]+):([%d.]+):(%d+)$')
  if level and level ~= '0' then
    redis.call('SET', throttle, next .. ':' .. held .. ':0', 'KEEPTTL')
    reset = reset + 1
  end
end
return reset
