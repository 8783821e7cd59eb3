public import NIOCore

/// The bounds of what a sender may take from Ingress. Those that operators set come from the configuration; the others are
/// chosen so that Meta never meets them.
public struct IngressLimits: Sendable {
    /// `INGRESS_MAX_BODY_BYTES`
    public var bodyBytes = 4 * 1024 * 1024
    /// `INGRESS_MAX_INFLIGHT_BYTES`: body bytes held at once, over all event loops.
    public var inflightBytes = 64 * 1024 * 1024
    /// Of a request's target and all its header fields together, in bytes.
    public var headerBytes = 16 * 1024
    public var headerFields = 100
    /// From a request's first bytes to the end of its header.
    public var headerTime = TimeAmount.seconds(10)
    /// From the end of the header to the end of the body, however steadily it trickles.
    public var bodyTime = TimeAmount.seconds(20)
    /// Between two requests, and before the first.
    public var idleTime = TimeAmount.seconds(75)
    /// How long a connection stays half open after its last answer, so that the sender reads that answer although it is
    /// still sending.
    public var lingerTime = TimeAmount.seconds(5)
    /// Of a refused body, in bytes: up to here it is read and thrown away to keep the connection.
    public var discardedBytes = 64 * 1024
    /// Over all event loops. A further connection is answered 503.
    public var connections = 10_000
    /// So many more are told that there are too many; beyond that they are closed without a word.
    public var surplusConnections = 256
    /// Requests of one connection that wait for Redis at once.
    public var pipelinedRequests = 32
    /// How long Redis may take: with it a POST is answered within a second.
    public var pushTime = TimeAmount.milliseconds(600)
    /// How long requests in flight have after SIGTERM.
    public var drainTime = TimeAmount.seconds(10)
    /// How often the deadlines above are looked at.
    public var sweepInterval = TimeAmount.milliseconds(250)

    public init() {}
}
