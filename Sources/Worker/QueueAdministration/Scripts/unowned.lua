-- Whether a claimed list has no owner that anybody watches over.
--
-- KEYS[1] claimed   LIST
-- KEYS[2] workers   ZSET of living workers
-- KEYS[3] departed  ZSET of workers that are gone
-- ARGV[1] the worker id in the list's name
--
-- Returns the number of jobs in it if its worker is neither living nor departed, else 0. Reads only.
if redis.call('ZSCORE', KEYS[2], ARGV[1]) or redis.call('ZSCORE', KEYS[3], ARGV[1]) then return 0 end
return redis.call('LLEN', KEYS[1])
