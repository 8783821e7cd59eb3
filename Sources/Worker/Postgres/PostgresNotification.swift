/// What `NOTIFY` sent to a channel that a connection listens on.
public struct PostgresNotification: Sendable, Equatable {
    public let channel: String
    public let payload: String
}
