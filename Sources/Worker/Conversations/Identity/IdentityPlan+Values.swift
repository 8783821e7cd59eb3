/// What a plan is made from and what it says.
extension IdentityPlan {
    enum Place: Hashable, Comparable {
        case existing(Int64)
        /// Index into `opened`.
        case opened(Int)
    }

    /// Whose an identity is, and whose it was before. Times are microseconds since 1970.
    struct Holding: Equatable {
        var holder: Place?
        var since: Int64?
        var previous: Place?
        /// Whether it is known that the holder did not have it before, even if nobody else is known who did.
        var isAcquired = false
        /// Whether more than one person had it, or WhatsApp said that it was changed.
        var isContested = false

        func holder(at time: Int64) -> Place? {
            guard let since, time < since else { return holder }
            return previous ?? (isAcquired ? nil : holder)
        }
    }

    /// Somebody who was seen with a number, or got it for another one.
    struct Fact {
        let phone: Identity
        let at: Int64
        /// The message that tells it, where it is needed to tell two of the same time apart.
        var toldBy = ""
        /// Nil where only the number is known that was given up.
        var person: Place?
        var isChange = false
        var changedFrom: String?
    }
}
