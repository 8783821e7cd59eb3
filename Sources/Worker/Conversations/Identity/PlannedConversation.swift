/// A conversation as an ``IdentityPlan`` knows it: before it is written, a new one has no id.
enum PlannedConversation: Hashable, Comparable {
    case existing(Int64)
    /// Index into the plan's `opened`.
    case opened(Int)
}
