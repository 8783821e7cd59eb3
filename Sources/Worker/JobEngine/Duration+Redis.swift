internal import NIOCore

extension Duration {
    /// Milliseconds, rounded down.
    var milliseconds: Int64 { components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000 }

    var timeAmount: TimeAmount { .milliseconds(milliseconds) }

    /// Seconds with three decimals, as Redis' blocking commands take them.
    var secondsText: String {
        let thousandths = String(milliseconds % 1_000 + 1_000).dropFirst()
        return "\(milliseconds / 1_000).\(thousandths)"
    }
}
