/// One number's lane at one moment.
public struct LaneReport: Sendable, Equatable {
    public let number: String
    /// Sends that wait for the number's turn.
    public let waiting: Int64
    /// When the next may go, in Unix milliseconds; nil while the lane is empty or paused.
    public let nextAt: Int64?
    /// Until when the number is held back because Meta asked for that, in Unix milliseconds; nil if it is not.
    public let heldUntil: Int64?
    public let perSecond: Int64
    public let pause: LanePause?
}
