import JobQueue
import NIOCore

/// The ledger: compares what was sent with what is there, and what was seen with what really happened.
struct Verdict: Sendable {
    /// What was lost, doubled or wrong; empty if nothing.
    private(set) var problems: [String] = []
    private(set) var accepted = 0
    /// Of the accepted ones.
    private(set) var stored = 0
    /// Stored though the answer was lost, and never accepted afterwards.
    private(set) var storedUnaccepted = 0
    private(set) var duplicates = 0
    private(set) var lost = 0
    /// Signed bodies that are no JSON, buried with their reason.
    private(set) var buried = 0
    /// Buried because their owners really died three times.
    private(set) var crashLooped = 0
    /// From death to rerun, in milliseconds, sorted.
    private(set) var recoveries: [Int64] = []

    private let evidence: Evidence

    init(_ evidence: Evidence) {
        self.evidence = evidence
        problems = evidence.history.problems
        judgeDeadLetters()
        judgeStored()
        judgeQueue()
        judgeOwners()
        judgeMarks()
        measureRecovery()
    }

    /// Notes at most a few of many that are alike.
    private mutating func note(_ found: [String], _ what: String) {
        guard !found.isEmpty else { return }
        problems.append("\(found.count) \(what): \(found.sorted().prefix(5).joined(separator: ", "))")
    }

    private func item(in element: JobElement) -> SentItem? {
        let payload = String(buffer: element.payload)
        if let poison = evidence.sent[payload] { return poison }
        return HeldJob(element.bytes)?.wamid.flatMap { evidence.sent[$0] }
    }

    /// Only what is no JSON is buried, each planted one once and with the attempt that it had.
    private mutating func judgeDeadLetters() {
        var (strangers, innocent, wrongAttempts) = ([String](), [String](), [String]())
        var graves: [String: Int] = [:]
        for element in evidence.dead {
            let header = element.header
            if header.error?.code == "crash-loop" {
                crashLooped += 1
                if let item = item(in: element) { graves[item.key, default: 0] += 1 }
                continue
            }
            guard let item = item(in: element) else {
                strangers.append(header.id)
                continue
            }
            if item.content != .poison {
                innocent.append("\(header.id) (\(header.error?.code ?? "no reason"))")
                continue
            }
            buried += 1
            graves[item.key, default: 0] += 1
            let attempt = if case .planted(_, _, let attempt) = item.way { attempt } else { 0 }
            if header.attempt != attempt { wrongAttempts.append("\(header.id): \(header.attempt), not \(attempt)") }
            if header.error == nil { wrongAttempts.append("\(header.id) has no reason") }
        }
        note(strangers, "dead letters were never sent")
        note(innocent, "good jobs were buried")
        note(wrongAttempts, "dead letters are not as they should be")
        let poison = evidence.sent.values.filter { $0.content == .poison }
        let forgotten = poison.filter { $0.acceptances > 0 && graves[$0.key] == nil }
        lost += forgotten.count
        note(forgotten.map(\.key), "accepted bodies without JSON are not among the dead letters")
        let twice = poison.filter { graves[$0.key, default: 0] > max(1, $0.way == .posted ? $0.posts : 1) }
        duplicates += twice.count
        note(twice.map(\.key), "bodies without JSON are buried more often than they were sent")
    }

    /// Every acceptance is in Postgres exactly once, as it was sent, and nothing else is.
    private mutating func judgeStored() {
        let crashed = Set(evidence.dead.compactMap { item(in: $0)?.key })
        var (missing, twice, changed, early) = ([String](), [String](), [String](), [String]())
        var conversations: [Int: Set<String>] = [:]
        for item in evidence.sent.values {
            if item.acceptances > 0 { accepted += 1 }
            let count: Int
            switch item.content {
            case .poison: continue
            case .status(let status):
                let rows = evidence.stored.statuses[item.key] ?? []
                count = rows.count
                if rows.contains(where: { $0.status != status }) { changed.append(item.key) }
            case .message(let text, let customer):
                let rows = evidence.stored.messages[item.key] ?? []
                count = rows.count
                if rows.contains(where: { $0.text != text }) { changed.append(item.key) }
                conversations[customer, default: []].formUnion(rows.map(\.conversation))
            }
            if item.acceptances > 0 { stored += min(1, count) } else { storedUnaccepted += min(1, count) }
            if count > 1 { twice.append(item.key) }
            if count == 0, item.acceptances > 0, !crashed.contains(item.key) { missing.append(item.key) }
            if case .planted(let due, let job, _) = item.way, let at = evidence.stored.storedAt(item.key), at < due - 5
            {
                early.append("\(job) (\(due - at) ms)")
            }
        }
        lost += missing.count
        duplicates += twice.count
        note(missing, "accepted webhooks are not in Postgres")
        note(twice, "items are in Postgres more than once")
        note(changed, "items are not stored as they were sent")
        note(early, "retries ran before they were due")
        let torn = conversations.filter { $0.value.count > 1 }.map { "customer \($0.key)" }
        note(torn, "customers have more than one conversation")
        let known = Set(evidence.sent.keys)
        let strangers = Set(evidence.stored.messages.keys).union(evidence.stored.statuses.keys).subtracting(known)
        note(Array(strangers), "stored items were never sent")
        for (table, rows) in evidence.stored.elsewhere where rows > 0 {
            problems.append("\(rows) rows in \(table), where nothing of the load belongs")
        }
    }

    /// At the end nothing waits, and no job ever stood in two places.
    private mutating func judgeQueue() {
        if !evidence.last.isDrained {
            problems.append(
                "the queue is not empty: ready \(evidence.last.ready), scheduled \(evidence.last.scheduled), "
                    + "claimed \(evidence.last.inWork)")
        }
        note(Array(evidence.seen.doubled.union(evidence.last.doubled)), "jobs stood in two places at once")
        var missing: [String] = []
        let dead = Set(evidence.dead.map(\.header.id))
        for index in 0..<Traveller.count {
            let id = Traveller.id(index)
            if evidence.last.travellers[id] == nil, !dead.contains(id) { missing.append(id) }
        }
        lost += missing.count
        note(missing, "jobs of an unknown version vanished")
        if evidence.seen.samples == 0 { problems.append("the queue was never looked at") }
    }

    /// Claimed lists belong to the living, and only who died or stood still was declared dead.
    private mutating func judgeOwners() {
        note(Array(evidence.seen.unowned.union(evidence.last.unowned)), "claimed lists had no owner")
        let living = Set(evidence.living)
        let left = evidence.last.claimed.filter { $0.value > 0 && !living.contains($0.key) }
        note(left.map { "\($0.key) (\($0.value))" }, "claimed lists have no living owner")
        note(
            evidence.living.filter { !evidence.running.contains(QueueProbe.pid(of: $0) ?? 0) },
            "worker ids are alive without a process")
        let lease = Int64(FaultInjector.lease.inSeconds * 1_000)
        let buriedAlive = evidence.departed.filter { id, at in
            guard let pid = QueueProbe.pid(of: id) else { return true }
            if evidence.history.ended[pid] != nil { return false }
            return !(evidence.history.stops[pid] ?? []).contains { stop in
                stop.upperBound - stop.lowerBound >= lease - 3_000 && Int64(at) >= stop.lowerBound
                    && Int64(at) <= stop.upperBound + 1_000
            }
        }
        note(Array(buriedAlive.keys), "workers were declared dead although they lived")
    }

    /// Attempts are what they were when the job came in; crashes are no more than its owners' real deaths.
    private mutating func judgeMarks() {
        var planted: [String: Int] = [:]
        for item in evidence.sent.values {
            if case .planted(_, let job, let attempt) = item.way { planted[job] = attempt }
        }
        let wrong = evidence.seen.attempts.filter { job, attempts in attempts != [planted[job] ?? 0] }
        note(wrong.map { "\($0.key): \($0.value.sorted())" }, "jobs had wrong attempts")
        var deaths: [String: Int] = [:]
        for death in evidence.history.deaths {
            for job in death.held { deaths[job.id, default: 0] += 1 }
        }
        let marked = evidence.seen.crashes.merging(
            evidence.dead.map { ($0.header.id, $0.header.crashes) }, uniquingKeysWith: max)
        let accused = marked.filter { $0.value > deaths[$0.key, default: 0] }
        note(
            accused.map { "\($0.key): \($0.value), but \(deaths[$0.key, default: 0]) owners died holding it" },
            "jobs carry crashes of owners that lived")
    }

    /// A job's rerun is when the transaction that stored it began. A job that was stored before its owner died, and only
    /// not settled, leaves no trace of its rerun: there it is when it had left its dead owner's list.
    ///
    /// The time runs from the death, or from the end of the last disturbance of Redis or Postgres before the rerun: after
    /// a stall of Redis nobody is declared dead before the others have lived through a full lease.
    private mutating func measureRecovery() {
        for death in evidence.history.deaths {
            let putBack = death.workers.compactMap { evidence.seen.emptied[$0] }.filter { $0 > death.at }.max()
            for job in death.held {
                // Held by a second one that died too: the first death's recovery ended before.
                let again = evidence.history.deaths.filter { $0.at > death.at && $0.held.contains(job) }.map(\.at).min()
                let storedAt = job.wamid.flatMap { evidence.stored.storedAt($0) }.flatMap { at in
                    at > death.at && at < again ?? .max ? at : nil
                }
                guard let rerun = storedAt ?? putBack else { continue }
                let disturbed = evidence.history.disturbances.filter { $0.from < rerun && $0.to > death.at }
                let start = disturbed.map { $0.to <= rerun ? $0.to : $0.from }.max() ?? 0
                recoveries.append(rerun - max(death.at, start))
            }
        }
        recoveries.sort()
        let held = evidence.history.deaths.reduce(0) { $0 + $1.held.count }
        if held > 0, recoveries.isEmpty { problems.append("no job of a dead worker was seen to run again") }
        if let slow = percentile(99), slow >= 15_000 {
            problems.append("recovery p99 is \(slow) ms, not below 15 s")
        }
    }

    /// Milliseconds; nil if nothing was recovered.
    func percentile(_ percent: Int) -> Int64? {
        recoveries.isEmpty ? nil : recoveries[min(recoveries.count - 1, recoveries.count * percent / 100)]
    }
}
