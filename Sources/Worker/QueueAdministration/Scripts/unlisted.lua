-- Whether a lane holds sends and is not among the lanes that have their turn.
--
-- KEYS[1] the number's lane  LIST
-- KEYS[2] lanes              ZSET of numbers with waiting sends
-- ARGV[1] number
--
-- Returns the number of sends in it if it is not among them, else 0. Reads only.
if redis.call('ZSCORE', KEYS[2], ARGV[1]) then return 0 end
return redis.call('LLEN', KEYS[1])
