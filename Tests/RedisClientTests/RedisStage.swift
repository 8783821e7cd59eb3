import Logging
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import RedisClient

/// What the tests against real servers share.
enum RedisStage {
    static var eventLoop: any EventLoop { MultiThreadedEventLoopGroup.singleton.next() }
    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Times that a slow machine meets with ease, save for the grace, which tests of silent servers wait for.
    static func configuration(_ url: String) throws -> RedisConfiguration {
        var configuration = try RedisConfiguration(url: url)
        configuration.connectTimeout = .seconds(30)
        configuration.commandTimeout = .seconds(30)
        configuration.silenceGrace = .milliseconds(200)
        return configuration
    }

    /// Connects, runs the body and closes, whatever happens.
    static func withConnection<Value: Sendable>(
        _ url: String, _ body: (RedisConnection) async throws -> Value
    ) async throws -> Value {
        try await withConnection(configuration(url), body)
    }

    static func withConnection<Value: Sendable>(
        _ configuration: RedisConfiguration, _ body: (RedisConnection) async throws -> Value
    ) async throws -> Value {
        let connection = try await RedisConnection.connect(configuration, on: eventLoop, logger: logger)
        let result: Result<Value, any Error>
        do { result = .success(try await body(connection)) } catch { result = .failure(error) }
        await connection.close()
        return try result.get()
    }

    /// Runs a client, waits until it is connected, and ends it after the body.
    static func withClient<Value: Sendable>(
        _ configuration: RedisConfiguration, _ body: (RedisClient) async throws -> Value
    ) async throws -> Value {
        let client = RedisClient(configuration: configuration, eventLoop: eventLoop, logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await client.run() }
            try await waitUntil("the client to connect") { client.isConnected }
            let result: Result<Value, any Error>
            do { result = .success(try await body(client)) } catch { result = .failure(error) }
            group.cancelAll()
            try await group.waitForAll()
            return try result.get()
        }
    }

    /// The error of a command that must fail.
    static func error(
        of body: () async throws(RedisError) -> RedisReply, sourceLocation: SourceLocation = #_sourceLocation
    ) async -> RedisError? {
        do throws(RedisError) {
            let reply = try await body()
            Issue.record("expected an error, got \(reply)", sourceLocation: sourceLocation)
            return nil
        } catch {
            return error
        }
    }
}
