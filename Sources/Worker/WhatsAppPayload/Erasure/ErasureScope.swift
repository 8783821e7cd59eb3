/// Which of what was kept raw an erasure may touch: what is the tenant's that asks for it, never another tenant's, and
/// for operators also what is nobody's.
public struct ErasureScope: Sendable, Equatable {
    /// By what webhooks show whose they are.
    public struct Names: Sendable, Equatable {
        /// `phone_number_id`s.
        public var numbers: Set<String>
        /// WhatsApp Business Accounts.
        public var accounts: Set<String>

        public init(numbers: Set<String> = [], accounts: Set<String> = []) {
            self.numbers = numbers
            self.accounts = accounts
        }
    }

    /// The tenant's id as requests name it.
    public let tenant: String
    public let own: Names
    /// Of all other tenants.
    public let others: Names
    /// Also what no tenant has.
    public let takesUnclaimed: Bool

    public init(tenant: String, own: Names, others: Names, takesUnclaimed: Bool) {
        self.tenant = tenant
        self.own = own
        self.others = others
        self.takesUnclaimed = takesUnclaimed
    }

    /// Whether a change that came to this number of this account is touched. The number decides where it is known.
    public func covers(number: String?, account: String?) -> Bool {
        if let number {
            if own.numbers.contains(number) { return true }
            if others.numbers.contains(number) { return false }
        }
        if let account {
            switch (own.accounts.contains(account), others.accounts.contains(account)) {
            case (true, false): return true
            case (false, true): return false
            // Of an account that several tenants name, what shows no number is nobody's.
            case (true, true), (false, false): break
            }
        }
        return takesUnclaimed
    }

    /// Whether a request that names this tenant, or none, is touched.
    public func covers(tenant: String?) -> Bool {
        tenant.map { $0 == self.tenant } ?? takesUnclaimed
    }
}
