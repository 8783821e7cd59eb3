internal import OperationsKit

/// What one check of the doctor found.
public struct Finding: Sendable, Equatable {
    public enum Verdict: String, Sendable, CaseIterable {
        case ok = "OK"
        case warn = "WARN"
        case fail = "FAIL"
    }

    public let verdict: Verdict
    /// A stable name, such as `redis-eviction`.
    public let check: String
    public let text: String
    /// What to do about it; nil where all is well.
    public let advice: String?

    public static func ok(_ check: String, _ text: String) -> Finding {
        Finding(verdict: .ok, check: check, text: text, advice: nil)
    }

    public static func warn(_ check: String, _ text: String, _ advice: String) -> Finding {
        Finding(verdict: .warn, check: check, text: text, advice: advice)
    }

    public static func fail(_ check: String, _ text: String, _ advice: String) -> Finding {
        Finding(verdict: .fail, check: check, text: text, advice: advice)
    }

    public var json: JSONOutput {
        .object([
            ("check", .text(check)), ("verdict", .text(verdict.rawValue)), ("text", .text(text)),
            ("advice", .optional(advice)),
        ])
    }

    /// One line: `FAIL  redis-eviction: maxmemory-policy is allkeys-lru → …`.
    public var line: String {
        let pad = String(repeating: " ", count: 6 - verdict.rawValue.count)
        return ("\(verdict.rawValue)\(pad)\(check): \(text)" + (advice.map { " → \($0)" } ?? "")).printable
    }
}
