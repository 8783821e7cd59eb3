internal import SendPolicy

/// How a change's tally gets into the columns by which a message's retries are limited.
enum TallyColumns {
    /// SQL: assignments of an update of `m` from a row with a column `tally`.
    /// - Parameter row: that row's name.
    static func assignments(from row: String) -> String {
        """
        trying_since = case when \(row).tally in ('undone', 'anew') then null else m.trying_since end,
        message_tries = \(count("message", row)), recipient_tries = \(count("recipient", row)),
        app_tries = \(count("app", row))
        """
    }

    private static func count(_ name: String, _ row: String) -> String {
        "case \(row).tally when 'anew' then 0 when '\(name)' then m.\(name)_tries + 1 else m.\(name)_tries end"
    }
}

extension SendChange.Tally {
    /// As the statements take it.
    var wire: String {
        switch self {
        case .refused(.message): "message"
        case .refused(.recipient): "recipient"
        case .refused(.app): "app"
        case .refused(.number): "number"
        case .undone: "undone"
        case .anew: "anew"
        }
    }
}
