import RedisClient

/// All jobs of the queue at one moment, read in one step.
struct QueueSample: Sendable {
    /// A job whose header is not that of a fresh one.
    struct Marked: Sendable {
        let id: String
        let attempt: Int
        let crashes: Int
        let place: String
    }

    /// Jobs that stand in two places: `id place place`.
    var doubled: [String] = []
    var marked: [Marked] = []
    /// Claimed lists whose owner is neither alive nor under watch.
    var unowned: [String] = []
    /// The length of every claimed list, by its owner.
    var claimed: [String: Int] = [:]
    /// Where each traveller is.
    var travellers: [String: String] = [:]
    /// Jobs in each place, travellers left out.
    var ready = 0
    var scheduled = 0
    var dead = 0
    var inWork = 0

    /// Nothing waits and nothing is in work, travellers aside.
    var isDrained: Bool { ready + scheduled + inWork == 0 }

    /// KEYS: ready, scheduled, dead, workers, departed. ARGV: what the names of claimed lists begin with; what the ids of
    /// travellers begin with. Reads only.
    static let script = RedisScript(
        source: """
            local doubled, marked, unowned, claimed, travellers = {}, {}, {}, {}, {}
            local counts, seen = {ready = 0, scheduled = 0, dead = 0, claimed = 0}, {}
            local function look(place, job)
              local stop = string.find(job, ',"payload":', 1, true)
              local head = stop and string.sub(job, 1, stop) or job
              local id = string.match(head, '"id":"([^"]*)"') or '?'
              if seen[id] then doubled[#doubled + 1] = id .. ' ' .. seen[id] .. ' ' .. place end
              seen[id] = place
              if string.sub(id, 1, #ARGV[2]) == ARGV[2] then
                travellers[#travellers + 1] = id .. ' ' .. place
              else
                counts[place] = counts[place] + 1
              end
              local attempt = string.match(head, '"attempt":(%d+)') or '0'
              local crashes = string.match(head, '"crashes":(%d+)') or '0'
              if attempt ~= '0' or crashes ~= '0' then
                marked[#marked + 1] = id .. ' ' .. attempt .. ' ' .. crashes .. ' ' .. place
              end
            end
            for _, job in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do look('ready', job) end
            for _, job in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do look('scheduled', job) end
            for _, job in ipairs(redis.call('ZRANGE', KEYS[3], 0, -1)) do look('dead', job) end
            for _, list in ipairs(redis.call('KEYS', ARGV[1] .. '*')) do
              local owner = string.sub(list, #ARGV[1] + 1)
              for _, job in ipairs(redis.call('LRANGE', list, 0, -1)) do look('claimed', job) end
              claimed[#claimed + 1] = owner .. ' ' .. redis.call('LLEN', list)
              if not redis.call('ZSCORE', KEYS[4], owner) and not redis.call('ZSCORE', KEYS[5], owner) then
                unowned[#unowned + 1] = owner
              end
            end
            return {doubled, marked, unowned, claimed, travellers,
              {counts.ready, counts.scheduled, counts.dead, counts.claimed}}
            """)

    /// From the script's reply; nil if it is none.
    init?(_ reply: RedisReply) {
        guard let parts = reply.elements, parts.count == 6 else { return nil }
        func lines(_ index: Int) -> [String] { (parts[index].elements ?? []).compactMap(\.text) }
        func pairs(_ index: Int) -> [(String, String)] {
            lines(index).compactMap { line in
                let words = line.split(separator: " ")
                return words.count == 2 ? (String(words[0]), String(words[1])) : nil
            }
        }
        doubled = lines(0)
        marked = lines(1).compactMap { line in
            let words = line.split(separator: " ").map(String.init)
            guard words.count == 4, let attempt = Int(words[1]), let crashes = Int(words[2]) else { return nil }
            return Marked(id: words[0], attempt: attempt, crashes: crashes, place: words[3])
        }
        unowned = lines(2)
        claimed = Dictionary(pairs(3).map { ($0, Int($1) ?? 0) }) { $1 }
        travellers = Dictionary(pairs(4)) { $1 }
        let counts = (parts[5].elements ?? []).compactMap(\.integer).map { Int($0) }
        guard counts.count == 4 else { return nil }
        (ready, scheduled, dead, inWork) = (counts[0], counts[1], counts[2], counts[3])
    }
}
