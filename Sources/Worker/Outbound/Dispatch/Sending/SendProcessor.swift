internal import GraphClient
internal import Identifiers
internal import JobEngine
internal import JobLifecycle
internal import JobQueue
internal import Logging
internal import NIOCore
internal import OutboundLanes
internal import Postgres
internal import RedisClient
internal import SendPolicy

/// Works on the turns that come from the lanes: each leads to at most one request to Meta.
struct SendProcessor: BatchProcessor {
    /// How long a batch waits for Meta's answers; what is not answered by then goes on by itself.
    private static let patience: Duration = .seconds(1)

    let starter: SendStarter
    let flight: SendFlight
    let recipients: RecipientThrottle
    let owners: OwnerWatch
    let refunds: TurnRefunds
    let pauses: NumberPauses
    let identity: SenderIdentity
    let slots: Slots
    let logger: Logger

    func process(_ jobs: [JobElement]) async throws -> [JobResult] {
        let round = SendRound(count: jobs.count)
        var turns: [Int: ClaimedTurn] = [:]
        var seen: Set<String> = []
        var doubled: [Turn] = []
        for (index, job) in jobs.enumerated() {
            guard let turn = Turn(job) else {
                // Only turns belong into a lane. What somebody put there by hand is admitted like any other request.
                round.settle(index, .deferred(milliseconds: 0))
                continue
            }
            guard seen.insert(turn.messageID).inserted else {
                doubled.append(turn)
                round.settle(index, .completed)
                continue
            }
            turns[index] = ClaimedTurn(turn: turn, job: job)
        }
        let ready = try await reserve(turns, doubled: doubled, in: round)
        if !ready.isEmpty {
            // Unstructured: what has begun goes on, whatever becomes of the task that claimed it.
            try await Task { try await self.begin(ready, in: round) }.value
        }
        let (results, left) = await round.results(patience: Self.patience)
        for number in left { flight.gates.leave(number) }
        return results
    }

    /// Asks for the recipients' turns; who has to wait comes back then.
    private func reserve(
        _ turns: [Int: ClaimedTurn], doubled: [Turn], in round: SendRound
    ) async throws -> [Int: ClaimedTurn] {
        guard !turns.isEmpty else { return [:] }
        let ordered = turns.sorted { $0.key < $1.key }
        let reservations: [RecipientThrottle.Reservation]
        do throws(RedisError) {
            reservations = try await recipients.reserve(ordered.map(\.value.turn))
        } catch {
            throw JobOutage("Redis: \(error)")
        }
        var ready: [Int: ClaimedTurn] = [:]
        var waiting: [(index: Int, turn: ClaimedTurn, reservation: RecipientThrottle.Reservation)] = []
        for ((index, turn), reservation) in zip(ordered, reservations) {
            if reservation.wait > 0 {
                waiting.append((index, turn, reservation))
            } else {
                ready[index] = turn
            }
        }
        let queued = await starter.note(waiting.map { ($0.turn.turn.messageID, $0.reservation.wait) })
        var stale: [Turn] = []
        for (index, turn, reservation) in waiting {
            guard queued.contains(turn.turn.messageID) else {
                stale.append(turn.turn)
                round.settle(index, .completed)
                continue
            }
            round.settle(
                index, turn.turn.deferred(milliseconds: reservation.wait, place: reservation.place, from: turn.job))
        }
        await refunds.give(unused: doubled + waiting.map(\.turn.turn), places: stale)
        return ready
    }

    private func begin(_ turns: [Int: ClaimedTurn], in round: SendRound) async throws {
        var generator = ULIDGenerator()
        let batch = generator.next(milliseconds: UInt64(max(0, UnixClock.milliseconds()))).description
        let sender = SenderName.make(worker: identity.worker, batch: batch)
        let taken = await slots.take(turns.count)
        flight.writer.began(turns.count)
        let started: SendStarter.Started
        do {
            started = try await starter.start(turns.values.map(\.turn), sender: sender)
        } catch {
            flight.writer.ended(turns.count)
            slots.give(taken)
            throw error
        }
        var sends: [(Int, ClaimedTurn, SendPlan)] = []
        var others: [(Int, ClaimedTurn, TurnVerdict)] = []
        for (index, turn) in turns {
            let verdict = started.verdicts[turn.turn.messageID] ?? .stale
            if case .send(let plan) = verdict {
                sends.append((index, turn, plan))
            } else {
                others.append((index, turn, verdict))
            }
        }
        let idle = turns.count - sends.count
        flight.writer.ended(idle)
        let spare = max(0, taken - sends.count)
        slots.give(spare)
        let (flight, slots, at) = (flight, slots, started.at)
        var slotsLeft = taken - spare
        for (index, turn, plan) in sends {
            let holdsSlot = slotsLeft > 0
            slotsLeft -= 1
            Task {
                await flight.fly(plan, turn: turn, at: index, of: round, began: at, sender: sender)
                if holdsSlot { slots.give(1) }
                flight.writer.ended(1)
            }
        }
        try await settle(others, in: round)
    }

    /// Turns that lead to no request now.
    private func settle(_ others: [(Int, ClaimedTurn, TurnVerdict)], in round: SendRound) async throws {
        var owned: [(Int, id: String, sender: String, attempt: Int32)] = []
        var told: Set<String> = []
        var left: [Turn] = []
        for (index, turn, verdict) in others {
            if verdict.leavesPlace(of: turn.turn) { left.append(turn.turn) }
            switch verdict {
            case .stale, .send: round.settle(index, .completed)
            case .change(let change):
                count(change)
                round.settle(index, .completed)
            case .later(let milliseconds):
                round.settle(index, turn.turn.deferred(milliseconds: milliseconds, from: turn.job))
            case .renumbered(_, let number), .misplaced(let number):
                var moved = turn.turn
                moved.number = number
                round.settle(index, moved.moved(from: turn.job))
            case .paused(let reason):
                let number = turn.turn.number
                if told.insert(number).inserted { try? await pauses.hold(number: number, reason: reason) }
                round.settle(index, .moved(to: number, first: true))
            case .locked(let config):
                if told.insert(config.number).inserted { await lock(config, tenant: turn.turn.tenant) }
                round.settle(index, .moved(to: config.number, first: true))
            case .owned(let sender, let attempt):
                owned.append((index, turn.turn.messageID, sender, attempt))
            }
        }
        await refunds.give(unused: others.map(\.1.turn), places: left)
        guard !owned.isEmpty else { return }
        // Should Redis not answer now, the sweep looks for dead owners as well.
        if let dead = try? await owners.dead(among: Set(owned.map { SenderName.worker(of: $0.sender) })) {
            let orphans = owned.filter { dead.contains(SenderName.worker(of: $0.sender)) }
            await owners.giveUp(orphans.map { ($0.id, $0.attempt) })
        }
        for (index, _, _, _) in owned { round.settle(index, .completed) }
    }

    private func lock(_ config: NumberConfig, tenant: String) async {
        guard let tenant = Int64(tenant) else { return }
        do {
            try await pauses.pause(
                tenant: tenant, number: config.number, version: config.version,
                reason: "The saved access token cannot be opened with the configured encryption keys. "
                    + "Have the operator check WHATSAPP_ENCRYPTION_KEY, or save the token again.")
        } catch {
            logger.warning("a number whose token does not open could not be paused", metadata: ["error": "\(error)"])
        }
    }

    private func count(_ change: RowChange) {
        switch change.change.status {
        case .expired: flight.metrics.count(.expired)
        case .queued, .failed: flight.metrics.count(.windowClosed)
        case .sending, .accepted, .sent, .delivered, .read, .played, .cancelled, .unknown: break
        }
    }
}
