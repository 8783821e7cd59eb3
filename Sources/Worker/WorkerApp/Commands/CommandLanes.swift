import OperationsKit
import Outbound

/// The lanes in Redis as commands need them, after what they did in the database.
struct CommandLanes {
    private let redis: CommandRedis

    init(_ settings: Settings) throws {
        redis = try CommandRedis(settings)
    }

    /// Gives a message its turn. Without one it is no failure: the message is stored, and a sweep gives it a turn.
    func push(_ turn: Turn) async {}

    /// Lets a number's lane go on.
    func resume(_ number: String) async throws {}
}
