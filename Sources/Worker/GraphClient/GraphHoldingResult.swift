/// Whether a WhatsApp Business Account has a number, as this token may read it.
public enum GraphHoldingResult: Sendable, Equatable {
    case holds
    case doesNotHold
    case refused(GraphRefusal)
    /// No answer, or none that says anything; it can be asked again.
    case unreachable(reason: String)
}
