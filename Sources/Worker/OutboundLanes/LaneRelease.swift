/// What stopped a number until a person let it go on.
public struct LaneRelease: Sendable, Equatable {
    /// The pause that ended; nil if the number was not paused.
    public let pause: LanePause?
    /// Until when the number would have been held because Meta asked for that, in Unix milliseconds of Redis' clock; nil if
    /// it was not held.
    public let heldUntil: Int64?

    /// Whether anything ended.
    public var isChange: Bool { pause != nil || heldUntil != nil }
}
