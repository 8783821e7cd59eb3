import TestSupport

/// Which faults happen when: decided before the run, from the seed alone.
///
/// Faults overlap. Two things are kept, since the promise of quick recovery speaks of living Workers on a living Redis:
/// at most two of the four Workers are disturbed at any one time (one that was restarted counts for a lease longer), and
/// stalls of Redis come in storms with some quiet between them.
public struct FaultPlan: Sendable, Equatable {
    public static let workers = 4
    public static let ingress = 3
    /// The one Worker whose connections to Redis pass through the harness.
    public static let silencedWorker = 3

    public let seed: UInt64
    /// How long faults begin to happen.
    public let length: Duration
    /// In the order of their beginnings.
    public let faults: [PlannedFault]

    /// The mix for the test suite: fixed, about half a minute, with the faults that matter most.
    public static let short = FaultPlan(
        seed: 1, length: .seconds(30),
        faults: [
            PlannedFault(.workerKill, at: .seconds(2), target: 0),
            PlannedFault(.clientKill, at: .seconds(5)),
            PlannedFault(.ingressKill, at: .seconds(6), target: 1),
            PlannedFault(.blockedClientKill, at: .seconds(8)),
            PlannedFault(.backendTermination, at: .seconds(10)),
            PlannedFault(.postgresKill, at: .seconds(15), length: .seconds(1)),
            PlannedFault(.ingressTerminate, at: .seconds(16), target: 2),
            PlannedFault(.workerTerminate, at: .seconds(18), target: 2),
            PlannedFault(.redisKill, at: .seconds(21), length: .seconds(2.5)),
            PlannedFault(.clientPause, at: .seconds(27), length: .seconds(3)),
        ])

    public init(seed: UInt64, length: Duration, faults: [PlannedFault]) {
        self.seed = seed
        self.length = length
        self.faults = faults
    }

    /// A random plan.
    public init(seed: UInt64, length: Duration) {
        var random = SeededRandom(seed: seed)
        let storms = Self.storms(during: length, using: &random)
        let others = Self.others(during: length, around: storms, using: &random)
        self.init(seed: seed, length: length, faults: (storms + others).sorted { $0.at < $1.at })
    }

    /// Stalls of Redis: one to three in a row, then quiet for at least 16 s.
    private static func storms(during length: Duration, using random: inout SeededRandom) -> [PlannedFault] {
        var faults: [PlannedFault] = []
        var bag: [FaultKind] = []
        var now = Double.random(in: 8...16, using: &random)
        while now < length.inSeconds {
            for _ in 0..<Int.random(in: 1...3, using: &random) where now < length.inSeconds {
                if bag.isEmpty { bag = FaultKind.allCases.filter(\.stallsRedis).shuffled(using: &random) }
                let kind = bag.removeLast()
                let lasts =
                    switch kind {
                    case .redisStop: Double.random(in: 2...14, using: &random)
                    case .clientPause: Double.random(in: 3...6, using: &random)
                    case _: Double.random(in: 2...4, using: &random)
                    }
                faults.append(PlannedFault(kind, at: .roundedSeconds(now), length: .roundedSeconds(lasts)))
                now += lasts + Double.random(in: 1.5...4, using: &random)
            }
            now += Double.random(in: 16...26, using: &random)
        }
        return faults
    }

    private static func others(
        during length: Duration, around storms: [PlannedFault], using random: inout SeededRandom
    ) -> [PlannedFault] {
        // The death of a Worker is what the promises are about: it comes more often.
        let kinds = FaultKind.allCases.filter { !$0.stallsRedis } + [.workerKill, .workerKill, .workerTerminate]
        var faults: [PlannedFault] = []
        var bag: [FaultKind] = []
        var busyUntil: [String: Double] = [:]
        var now = Double.random(in: 1...3, using: &random)
        while now < length.inSeconds {
            if bag.count < 3 { bag = kinds.shuffled(using: &random) + bag }
            let stalled = storms.contains {
                $0.at.inSeconds - 1 < now && now < ($0.at + $0.length).inSeconds + 1.5
            }
            func busy(_ name: String) -> Bool { busyUntil[name, default: 0] > now }
            func free(_ kind: FaultKind) -> [Int] {
                switch kind.subject {
                case .worker:
                    let disturbed = (0..<workers).filter { busy("worker \($0)") }
                    guard disturbed.count < 2, !stalled else { return [] }
                    if kind == .workerSilence { return disturbed.contains(silencedWorker) ? [] : [silencedWorker] }
                    return (0..<workers).filter { !disturbed.contains($0) }
                case .ingress:
                    let disturbed = (0..<ingress).filter { busy("ingress \($0)") }
                    return disturbed.count < 2 ? (0..<ingress).filter { !disturbed.contains($0) } : []
                case .redis: return stalled || busy("connections") ? [] : [0]
                case .postgres: return busy("postgres") ? [] : [0]
                }
            }
            if let place = bag.lastIndex(where: { !free($0).isEmpty }) {
                let kind = bag.remove(at: place)
                let targets = free(kind)
                let target = targets[Int.random(in: 0..<targets.count, using: &random)]
                let lasts = duration(of: kind, using: &random)
                let name =
                    switch kind.subject {
                    case .worker: "worker \(target)"
                    case .ingress: "ingress \(target)"
                    case .redis: "connections"
                    case .postgres: "postgres"
                    }
                busyUntil[name] = now + lasts + rest(after: kind)
                faults.append(
                    PlannedFault(kind, at: .roundedSeconds(now), target: target, length: .roundedSeconds(lasts)))
            }
            now += Double.random(in: 1...4, using: &random)
        }
        return faults
    }

    /// Seconds.
    private static func duration(of kind: FaultKind, using random: inout SeededRandom) -> Double {
        switch kind {
        case .ingressStop: Double.random(in: 3...13, using: &random)
        case .postgresKill: Double.random(in: 0.2...5, using: &random)
        case .workerStop: 14
        case .workerSilence: 14
        case _: 0
        }
    }

    /// Seconds for which what was disturbed is left alone afterwards.
    private static func rest(after kind: FaultKind) -> Double {
        switch kind.subject {
        case .worker: 13
        case .ingress: 3
        case .redis: 4
        case .postgres: 6
        }
    }
}

extension Duration {
    /// Fractions included.
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }

    /// From seconds, to the millisecond.
    fileprivate static func roundedSeconds(_ seconds: Double) -> Duration {
        .milliseconds(Int((seconds * 1_000).rounded()))
    }
}
