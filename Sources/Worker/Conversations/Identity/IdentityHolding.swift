/// Whose an identity is, and whose it was before. Times are microseconds since 1970.
struct IdentityHolding: Equatable {
    var holder: PlannedConversation?
    var since: Int64?
    var previous: PlannedConversation?
    /// Whether it is known that the holder did not have it before, even if nobody else is known who did.
    var isAcquired = false
    /// Whether more than one person had it, or WhatsApp said that it was changed.
    var isContested = false

    func holder(at time: Int64) -> PlannedConversation? {
        guard let since, time < since else { return holder }
        return previous ?? (isAcquired ? nil : holder)
    }
}
