-- Declares dead every worker whose lease has run out, under a short lock, and lists the departed that still hold jobs.
--
-- KEYS[1] workers   ZSET of living workers, score = last heartbeat in Unix milliseconds
-- KEYS[2] departed  ZSET of workers that are gone, score = when they went
-- KEYS[3] lock      STRING with an expiry
-- ARGV[1] own worker id
-- ARGV[2] lease in milliseconds
-- ARGV[3] life of the lock in milliseconds
-- ARGV[4] what the caller's last heartbeat answered (Redis' time then), or '0': declare nobody dead
-- ARGV[5] what the name of every claimed list begins with
-- ARGV[6] milliseconds for which a departed worker's list stays under watch
-- ARGV[7] milliseconds that may lie between that heartbeat and now
--
-- Nobody is declared dead by a command that was under way during a stall of Redis: when it is executed at last, the
-- caller's last answered heartbeat lies too far back, and the others' could not be renewed either.
--
-- The departed score of a worker ends in a half once its list was found empty: what is delivered afterwards, by a
-- blocking command that outlived its client, was never worked on and carries no crash (see recover.lua).
--
-- Returns nil if another worker holds the lock, else the departed workers whose lists hold something.
-- Repeated after a lost reply it may find its own lock and return nil: the next round does the work.
-- If the key of the departed holds another type, it answers an error, and nobody was declared dead: nobody would watch over
-- their lists.
local held = redis.call('TYPE', KEYS[2]).ok
if held ~= 'zset' and held ~= 'none' then
  return redis.error_reply('WRONGTYPE ' .. KEYS[2] .. ' holds a ' .. held .. ' where a zset belongs: rename it')
end

-- A full Redis refuses what may grow only as a script's first write.
redis.call('ZREM', KEYS[1], '')
-- No lock lives longer: then Redis' clock was set back since, and it would keep everybody out until that time came again.
if redis.call('PTTL', KEYS[3]) > tonumber(ARGV[3]) then redis.call('DEL', KEYS[3]) end
-- Who may declare nobody dead takes no lock either: it would keep out those who may.
local beat = tonumber(ARGV[4])
if beat > 0 and not redis.call('SET', KEYS[3], ARGV[1], 'NX', 'PX', ARGV[3]) then return false end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lease = tonumber(ARGV[2])
if beat > 0 and now - beat <= tonumber(ARGV[7]) then
  -- Nor does a living worker's heartbeat lie ahead: from here on it has one lease, as everybody else.
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now, '+inf')) do
    redis.call('ZADD', KEYS[1], now, id)
  end
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - lease)) do
    if id ~= ARGV[1] then
      redis.call('ZREM', KEYS[1], id)
      redis.call('ZADD', KEYS[2], now, id)
    end
  end
end
local holding = {}
local departed = redis.call('ZRANGE', KEYS[2], 0, -1, 'WITHSCORES')
for i = 1, #departed, 2 do
  local id, went = departed[i], tonumber(departed[i + 1])
  if redis.call('EXISTS', ARGV[5] .. id) == 1 then
    holding[#holding + 1] = id
  elseif went < now - tonumber(ARGV[6]) then
    redis.call('ZREM', KEYS[2], id)
  elseif went % 1 == 0 then
    redis.call('ZADD', KEYS[2], 'XX', went + 0.5, id)
  end
end
return holding
