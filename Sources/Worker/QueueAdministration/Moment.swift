internal import FoundationEssentials

/// Times and spans as the commands print them.
public enum Moment {
    /// RFC 3339 in UTC, whole seconds.
    public static func text(milliseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(milliseconds / 1_000)).formatted(.iso8601)
    }

    /// Two units at most: `850 ms`, `42 s`, `3 min 10 s`, `2 h 5 min`, `4 d 3 h`.
    public static func span(milliseconds: Int64) -> String {
        if milliseconds < 0 { return "-" + span(milliseconds: -max(milliseconds, -Int64.max)) }
        let seconds = milliseconds / 1_000
        switch milliseconds {
        case ..<1_000: return "\(milliseconds) ms"
        case ..<60_000: return "\(seconds) s"
        case ..<3_600_000: return "\(seconds / 60) min \(seconds % 60) s"
        case ..<86_400_000: return "\(seconds / 3_600) h \(seconds / 60 % 60) min"
        case _: return "\(seconds / 86_400) d \(seconds / 3_600 % 24) h"
        }
    }
}

/// A span of time as an operator writes it: a whole number with `s`, `m`, `h` or `d`; a bare number is seconds.
public struct OperatorSpan: Sendable, Equatable {
    public let milliseconds: Int64

    public init?(_ text: String) {
        let factors: [Character: Int64] = ["s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        let factor = text.last.flatMap { factors[$0] }
        let digits = factor == nil ? text[...] : text.dropLast()
        guard let number = Int64(digits), (0...1_000_000_000).contains(number), digits.first != "+" else { return nil }
        milliseconds = number * (factor ?? 1_000)
    }
}
