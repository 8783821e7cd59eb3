-- Lets one worker do something that all would do, for a while.
--
-- KEYS[1] lanes   ZSET, only touched
-- KEYS[2] lock:…  STRING with an expiry
-- ARGV[1] milliseconds
--
-- Returns 1 for the one who may, else 0. Repeated after a lost reply it may answer 0 though nobody else may.

-- A full Redis refuses what may grow only as a script's first write: sends must go out all the same, or it stays full.
redis.call('ZREM', KEYS[1], '')
-- No lease is longer: then Redis' clock was set back since, and nobody might until that time came again.
if redis.call('PTTL', KEYS[2]) > tonumber(ARGV[1]) then redis.call('DEL', KEYS[2]) end
return redis.call('SET', KEYS[2], '1', 'NX', 'PX', ARGV[1]) and 1 or 0
