/// What came of all sends so far.
public struct SimulatorSummary: Sendable, Equatable {
    /// Requests to send.
    public var posts: Int
    /// Messages taken, each time counted.
    public var taken: Int
    /// Different messages that were taken, by the message id in their callback data.
    public var messages: Int
    /// Messages that were taken more than once.
    public var doubled: Int
    /// Refusals by code.
    public var refused: [Int: Int]
    /// Connections cut and answers lost, as scripted.
    public var cut: Int
    public var lost: Int
    /// Webhooks that Ingress has yet to answer with 200.
    public var webhooksWaiting: Int
}
