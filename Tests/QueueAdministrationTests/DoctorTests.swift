import JobQueue
import NIOCore
import Postgres
import RedisClient
import Schema
import TestSupport
import Testing

@testable import QueueAdministration

struct DoctorTests {
    private static func examine(_ server: RedisServer, prefix: String = "wa") async throws -> [String: Finding] {
        let findings = try await QueueStage.connected(server.url) { await Doctor(prefix: prefix).examine(redis: $0) }
        return Dictionary(findings.map { ($0.check, $0) }) { first, _ in first }
    }

    @Test func aRedisThatForgetsAndEvictsFails() async throws {
        var options = RedisServer.Options()
        options.maxMemory = "64mb"
        options.arguments = ["--maxmemory-policy", "allkeys-lru"]
        let server = try await RedisServer.start(options)
        let findings = try await Self.examine(server)
        try await server.stop()
        let eviction = try #require(findings["redis-eviction"])
        #expect(eviction.verdict == .fail)
        #expect(eviction.text.contains("allkeys-lru"))
        #expect(eviction.advice?.contains("noeviction") == true)
        #expect(findings["redis-append-only"]?.verdict == .fail)
        #expect(findings["redis-version"]?.verdict == .ok)
        #expect(findings["redis-clock"]?.verdict == .ok)
        #expect(findings["redis-memory"]?.verdict == .ok)
    }

    @Test func aRedisAsShippedIsWell() async throws {
        var options = RedisServer.Options.durable
        options.maxMemory = "64mb"
        let server = try await RedisServer.start(options)
        let findings = try await Self.examine(server)
        try await server.stop()
        #expect(findings.count > 15)
        for finding in findings.values { #expect(finding.verdict == .ok, "\(finding.line)") }
    }

    @Test func whereCONFIGIsForbiddenINFOTellsWhatItCan() async throws {
        var options = RedisServer.Options()
        options.arguments = ["--rename-command", "CONFIG", ""]
        let server = try await RedisServer.start(options)
        let findings = try await Self.examine(server)
        try await server.stop()
        #expect(findings["redis-eviction"]?.verdict == .ok)
        #expect(findings["redis-append-only"]?.verdict == .fail)
        #expect(findings["redis-connections"]?.verdict == .ok)
        #expect(findings["redis-fsync"]?.verdict == .warn)
    }

    @Test func unownedClaimsAndUnknownKeysAreNamed() async throws {
        try await QueueStage.run { stage in
            try await stage.hold([QueueStage.job("a")], worker: "orphan")
            try await stage.hold([QueueStage.job("b")], worker: "alive", in: stage.keys.workers)
            try await stage.hold([QueueStage.job("c")], worker: "gone", in: stage.keys.departed)
            try await stage.bury(QueueStage.job("d"))
            _ = try await stage.redis.send(RedisCommand("SET", .text("\(stage.prefix):stray"), "1"))
            let findings = try await Self.examine(RedisServer.shared(), prefix: stage.prefix)
            let claims = try #require(findings["claims"])
            #expect(claims.verdict == .fail)
            #expect(claims.text.contains(stage.keys.claimed(by: "orphan")))
            #expect(!claims.text.contains("gone") && !claims.text.contains("alive"))
            #expect(findings["unknown-keys"]?.text.contains("\(stage.prefix):stray") == true)
            #expect(findings["inbound-dead"]?.verdict == .warn)
            #expect(findings["inbound-oldest"]?.verdict == .fail)
        }
    }

    @Test func aKeyOfAnotherTypeIsAFindingAndTheRestIsExamined() async throws {
        try await QueueStage.run { stage in
            let foreign = [stage.keys.ready, stage.keys.claimed(by: "w1")]
            for key in foreign { _ = try await stage.redis.send(RedisCommand("SET", .text(key), "1")) }
            try await stage.hold([QueueStage.job("b")], worker: "orphan")
            let findings = try await Self.examine(RedisServer.shared(), prefix: stage.prefix)
            let types = try #require(findings["key-types"])
            #expect(types.verdict == .fail)
            for key in foreign { #expect(types.text.contains("\(key) is a string, not a list")) }
            #expect(types.advice?.contains("RENAME '\(foreign[0])'") == true)
            #expect(findings["inbound"]?.verdict == .fail)
            #expect(findings["outbound-dead"]?.verdict == .ok)
            #expect(findings["claims"]?.text.contains("orphan") == true)
        }
    }

    @Test(arguments: [
        ("wa:{inbound}:ready", true), ("wa:{inbound}:lock:recovery", true), ("wa:{outbound}:lanes", true),
        ("wa:{outbound}:rate:100", true), ("wa:auth:x", true),
        ("wa:{inbound}:lanes", false), ("wa:{inbound}:read", false), ("wa:{other}:ready", false), ("wa:", false),
    ])
    func keysOfOursAreKnown(key: String, isKnown: Bool) {
        #expect((KeyInventory.kind(of: key, prefix: "wa") == .known) == isKnown)
    }

    @Test(arguments: [
        (0, 1, Finding.Verdict.ok), (900, 1, .ok), (-5_000, 2, .warn), (40_000, 5, .fail), (3_000, 4_000, .ok),
    ])
    func clocksMayDifferByTheUncertaintyOfTheQuestion(offset: Int64, trip: Int64, verdict: Finding.Verdict) {
        #expect(RedisChecks.clock(offset: offset, roundTrip: trip).verdict == verdict)
    }

    @Test(arguments: [
        ("redis_version:5.0.14", Finding.Verdict.fail), ("redis_version:6.0.16", .fail), ("redis_version:6.2.0", .ok),
        ("redis_version:7.0.15", .ok), ("", .warn),
    ])
    func oldVersionsOfRedisAreRefused(info: String, verdict: Finding.Verdict) {
        #expect(RedisChecks.version(RedisFacts(info: info, configuration: nil)).verdict == verdict)
    }

    @Test(arguments: [
        (50, 100, Finding.Verdict.ok), (80, 100, .warn), (95, 100, .fail), (10, 0, .warn),
    ])
    func fullMemoryIsSeenInTime(used: Int, limit: Int, verdict: Finding.Verdict) {
        let info =
            "used_memory:\(used * 1_048_576)\r\nmaxmemory:\(limit * 1_048_576)\r\ntotal_system_memory:999999999999"
        #expect(RedisChecks.memory(RedisFacts(info: info, configuration: nil)).verdict == verdict)
    }

    @Test func aDatabaseWithoutOurSchemaFailsAndAMigratedOneIsWell() async throws {
        let server = try await PostgresServer.shared()
        let configuration = try PostgresConfiguration(url: try await server.createDatabase())
        let runner = try MigrationRunner(migrations: Schema.migrations)
        let before = await Doctor.examine(database: configuration, runner: runner)
        #expect(before.first { $0.check == "postgres-schema" }?.verdict == .fail)
        #expect(before.first { $0.check == "postgres-version" }?.verdict == .ok)
        try await runner.migrate(configuration, logger: QueueStage.logger)
        let after = await Doctor.examine(database: configuration, runner: runner)
        #expect(after.first { $0.check == "postgres-schema" }?.verdict == .ok)
    }

    @Test func aTenantsRoleWithoutRightsFailsAndItsSetUpMendsIt() async throws {
        let server = try await PostgresServer.shared()
        let url = try await server.createDatabase()
        let configuration = try PostgresConfiguration(url: url)
        let runner = try MigrationRunner(migrations: Schema.migrations)
        try await runner.migrate(configuration, logger: QueueStage.logger)
        func finding() async -> Finding? {
            await Doctor.examine(database: configuration, runner: runner).first { $0.check == "postgres-tenant-role" }
        }
        #expect(await finding()?.verdict == .ok)
        _ = try await server.sql("revoke all on whatsapp_messages, tenants from quoteline_tenant", on: url)
        let found = await finding()
        #expect(found?.verdict == .fail && found?.text.contains("2 tables") == true, "\(String(describing: found))")
        _ = try await server.sql("select quoteline_tenant_setup()", on: url)
        #expect(await finding()?.verdict == .ok)
    }

    @Test func anAbsentDatabaseIsOneFinding() async throws {
        let port = try freePort()
        let configuration = try PostgresConfiguration(url: "postgres://nobody@127.0.0.1:\(port)/none")
        let runner = try MigrationRunner(migrations: Schema.migrations)
        let findings = await Doctor.examine(database: configuration, runner: runner)
        #expect(findings.map(\.verdict) == [.fail])
        #expect(findings.first?.advice?.isEmpty == false)
    }
}
