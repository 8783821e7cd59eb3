import Foundation

/// How large the runs among faults are: small ones are part of every `make test`, larger ones are asked for by
/// environment variables, see CONTRIBUTING.md.
enum RunSize {
    /// `SENDS`: messages in each run of ``SendFaultTests``.
    static let sends = Int(number("SENDS", default: 2_000, in: 100...1_000_000))
    /// `SILENT_MINUTES`: for how long nobody takes webhooks in ``SilentIntakeTests``.
    static let silentSeconds = Int(60 * number("SILENT_MINUTES", default: 0.17, in: 0.1...600))
    /// `FROZEN_SECONDS`: for how long a Worker stands still in ``FrozenWorkerTests``; longer than a lease.
    static let frozen = Duration.seconds(number("FROZEN_SECONDS", default: 13, in: 12...600))
    /// `STALLED_SECONDS`: for how long Redis stands still in ``StalledRedisTests``; longer than a lease.
    static let stalled = Duration.seconds(number("STALLED_SECONDS", default: 12, in: 11...600))

    private static let isLarge = ["SENDS", "SILENT_MINUTES", "FROZEN_SECONDS", "STALLED_SECONDS"].contains {
        ProcessInfo.processInfo.environment[$0] != nil
    }

    /// Says what came of a run whose size was asked for.
    static func tell(_ line: String) {
        if isLarge { FileHandle.standardError.write(Data((line + "\n").utf8)) }
    }

    private static func number(_ name: String, default standard: Double, in range: ClosedRange<Double>) -> Double {
        guard let number = ProcessInfo.processInfo.environment[name].flatMap(Double.init) else { return standard }
        return min(max(number, range.lowerBound), range.upperBound)
    }
}
