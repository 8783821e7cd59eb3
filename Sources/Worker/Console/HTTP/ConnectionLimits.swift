public import NIOCore

/// What one client may hold of the console's listener, so that the others get in.
public struct ConnectionLimits: Sendable, Equatable {
    /// In all; what comes beyond is refused with 503.
    public var connections = 1_024
    /// From one address (of IPv6: from one network of 64 bits). Trusted proxies stand for many people: they have no such
    /// limit.
    public var perAddress = 128
    /// Within which a request has to arrive whole, and a connection's first one its head.
    public var arrival = TimeAmount.seconds(10)
    /// From an answer to the head of the next request.
    public var idle = TimeAmount.seconds(75)

    public init() {}
}
