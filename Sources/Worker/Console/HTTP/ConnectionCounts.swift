internal import Synchronization

/// Counts the open connections, in all and for each address.
final class ConnectionCounts: Sendable {
    private struct State {
        var all = 0
        var byAddress: [String: Int] = [:]
    }

    private let limits: ConnectionLimits
    private let proxies: TrustedProxies
    private let state = Mutex(State())

    init(limits: ConnectionLimits, proxies: TrustedProxies) {
        self.limits = limits
        self.proxies = proxies
    }

    /// Whether one more connection from this address may stay; then it has to ``leave(_:)``.
    func enter(_ address: String) -> Bool {
        let isLimited = !proxies.isTrusted(address)
        let network = SignInLimits.network(address)
        return state.withLock { state in
            let own = state.byAddress[network] ?? 0
            guard state.all < limits.connections, !isLimited || own < limits.perAddress else { return false }
            state.all += 1
            state.byAddress[network] = own + 1
            return true
        }
    }

    func leave(_ address: String) {
        let network = SignInLimits.network(address)
        state.withLock { state in
            state.all -= 1
            let own = (state.byAddress[network] ?? 1) - 1
            state.byAddress[network] = own == 0 ? nil : own
        }
    }
}
