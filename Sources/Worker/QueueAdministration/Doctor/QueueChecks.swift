internal import JobEngine
internal import JobQueue

/// What one queue's state says. Pure.
enum QueueChecks {
    struct State: Sendable {
        var stats: QueueStats
        var workers: QueueWorkers
        var pause: PauseNote?
        /// Milliseconds since the first scheduled job was due; nil if none is overdue.
        var oldestOverdue: Int64?
    }

    static func all(_ state: State) -> [Finding] {
        [paused(state), workers(state), oldest(state), promotion(state), dead(state)]
    }

    private static func name(_ state: State) -> String { state.workers.queue.rawValue }

    static func paused(_ state: State) -> Finding {
        let queue = name(state)
        guard state.stats.isPaused else { return .ok("\(queue)-paused", "the queue is not paused") }
        return .warn(
            "\(queue)-paused", "paused \(state.pause?.sentence ?? "without a note")",
            "`worker queue resume \(queue)` when the reason is gone")
    }

    static func workers(_ state: State) -> Finding {
        let queue = name(state)
        let check = "\(queue)-workers"
        let alive = state.workers.workers.filter(\.isAlive)
        let waiting = state.stats.ready + state.stats.claimed
        if state.workers.workers.isEmpty, waiting + state.stats.scheduled == 0 {
            return .ok(check, "no worker, and nothing to do")
        }
        let silent = alive.filter { $0.silence > 30_000 }
        if alive.isEmpty || silent.count == alive.count {
            let silence = alive.isEmpty ? "no worker is alive" : "no worker has been heard of for 30 s"
            let text = "\(silence), \(waiting) jobs wait"
            let advice = "start a worker, or look at its logs and its /ready"
            return waiting > 0 || !alive.isEmpty ? .fail(check, text, advice) : .warn(check, text, advice)
        }
        return .ok(check, "\(alive.count) alive, \(state.workers.workers.count - alive.count) departed under watch")
    }

    static func oldest(_ state: State) -> Finding {
        let queue = name(state)
        let check = "\(queue)-oldest"
        let (waiting, undated) = (state.stats.ready + state.stats.claimed, state.stats.undated)
        let unknown = "a short form is next in its line: since when it waits, nobody has noted"
        guard let age = state.stats.oldestAge else {
            return .ok(check, undated > 0 ? "\(waiting) jobs; \(unknown)" : "no job is waiting")
        }
        let text =
            "the oldest of \(waiting) jobs is \(Moment.span(milliseconds: age)) old"
            + (undated > 0 ? ", or older: \(unknown)" : "")
        let advice = "`worker queue workers`, and the workers' logs: is Postgres slow or away, are there too few?"
        if age > 900_000 { return .fail(check, text, advice) }
        if age > 60_000 { return .warn(check, text, advice) }
        return .ok(check, text)
    }

    static func promotion(_ state: State) -> Finding {
        let queue = name(state)
        let check = "\(queue)-scheduled"
        guard let late = state.oldestOverdue, late > 10_000 else {
            return .ok(check, "\(state.stats.scheduled) scheduled, none late")
        }
        return .warn(
            check, "\(state.stats.overdue) scheduled jobs are due for up to \(Moment.span(milliseconds: late))",
            "every live worker promotes: see \(queue)-workers")
    }

    static func dead(_ state: State) -> Finding {
        let queue = name(state)
        guard state.stats.dead > 0 else { return .ok("\(queue)-dead", "no dead letters") }
        return .warn(
            "\(queue)-dead", "\(state.stats.dead) dead letters",
            "`worker queue peek \(queue) --state dead`, then replay, discard or archive them")
    }
}
