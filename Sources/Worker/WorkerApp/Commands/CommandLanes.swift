import JobQueue
import OperationsKit
import Outbound
import OutboundLanes
import RedisClient

/// The lanes in Redis as commands need them, after what they did in the database.
struct CommandLanes {
    private let redis: CommandRedis

    init(_ settings: Settings) throws {
        redis = try CommandRedis(settings)
    }

    /// Gives a message its turn. Without one it is no failure: the message is stored, and a sweep gives it a turn.
    func push(_ turn: Turn) async {
        try? await use { lanes throws in try await lanes.pushTurns([turn]) }
    }

    /// Lets a paused number's lane go on; a hold that Meta asked for stays.
    func resume(_ number: String) async throws {
        try await use { lanes throws in _ = try await lanes.resume(number: number) }
    }

    func use<Value>(_ body: (OutboundLanes) async throws -> Value) async throws -> Value {
        try await redis.connected { connection in
            try await body(OutboundLanes(keys: redis.keys(.outbound), client: connection))
        }
    }
}
