internal import NIOCore

/// What was claimed in the same step as a suspect was settled.
enum RelayedClaim: Sendable {
    /// Oldest first; none where nothing was to be had, or nothing was asked for.
    case jobs([ByteBuffer])
    /// A reply was lost: what that call has claimed stands in the worker's list, and nobody was told.
    case unheard
}
