internal import LenientJSON

/// How much of its limits an app and its account have used, as the usage headers tell: the highest of calls, time and CPU
/// time, in percent.
public struct GraphUsage: Sendable, Equatable {
    /// `x-app-usage`
    public var appPercent: Int?
    /// `x-business-use-case-usage`, the highest of all accounts in it.
    public var accountPercent: Int?
    /// Until a throttled account may call again; nil while none is throttled.
    public var regainAccessMinutes: Int?

    public init(appPercent: Int? = nil, accountPercent: Int? = nil, regainAccessMinutes: Int? = nil) {
        self.appPercent = appPercent
        self.accountPercent = accountPercent
        self.regainAccessMinutes = regainAccessMinutes
    }

    /// Nil if neither header is there and readable.
    init?(appHeader: String?, accountHeader: String?) {
        self.init()
        if let appHeader { readApp(appHeader) }
        if let accountHeader { readAccounts(accountHeader) }
        guard self != GraphUsage() else { return nil }
    }

    private mutating func readApp(_ header: String) {
        var parser = JSONParser()
        appPercent = try? parser.withDocument(Array(header.utf8)) { Self.percent($0) }
    }

    private mutating func readAccounts(_ header: String) {
        var parser = JSONParser()
        let usage = try? parser.withDocument(Array(header.utf8)) { root in
            var usage = GraphUsage()
            for account in root.members {
                for entry in account.value.elements {
                    if let percent = Self.percent(entry) {
                        usage.accountPercent = max(usage.accountPercent ?? 0, percent)
                    }
                    if let minutes = Self.whole(entry["estimated_time_to_regain_access"]), minutes > 0 {
                        usage.regainAccessMinutes = max(usage.regainAccessMinutes ?? 0, minutes)
                    }
                }
            }
            return usage
        }
        accountPercent = usage?.accountPercent
        regainAccessMinutes = usage?.regainAccessMinutes
    }

    private static func percent(_ value: JSONValue) -> Int? {
        [whole(value["call_count"]), whole(value["total_time"]), whole(value["total_cputime"])].compactMap(\.self).max()
    }

    /// Within bounds that arithmetic survives, whatever the header says.
    private static func whole(_ value: JSONValue?) -> Int? {
        value?.lenientInt64.map { Int(min(max($0, 0), 1_000_000)) }
    }
}
