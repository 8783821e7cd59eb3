-- Keeps what the tenants have set for their numbers.
--
-- KEYS[1] rate:numbers  HASH: number -> '<sends per second> <WABA>'
-- ARGV    two for each number: number, setting
--
-- Returns how many have changed; those that are not named go. Repeated it changes nothing.
local old, changed = {}, 0
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do old[all[i]] = all[i + 1] end
for i = 1, #ARGV, 2 do
  if old[ARGV[i]] ~= ARGV[i + 1] then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
    changed = changed + 1
  end
  old[ARGV[i]] = nil
end
for number in pairs(old) do
  redis.call('HDEL', KEYS[1], number)
  changed = changed + 1
end
return changed
