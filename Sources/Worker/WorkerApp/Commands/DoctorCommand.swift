import ArgumentParser
import MediaFiles
import OperationsKit
import Postgres
import QueueAdministration
import RedisClient
import Schema

/// `worker doctor`
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Look at everything the system stands on, and say what to do.",
        discussion: """
            Uses REDIS_URL, QUEUE_PREFIX, DATABASE_URL and MEDIA_FOLDER; changes nothing. One line for each check, passed ones too. Exit \
            code 1 if any line says FAIL.
            """)

    @Flag(help: "Print a JSON array.")
    var json = false

    func run() async throws {
        try await CommandOutcome.report {
            let settings = Settings.process()
            let findings = await examineRedis(settings) + examineDatabase(settings) + examineFolder(settings)
            print(
                json ? JSONOutput.list(findings.map(\.json)).line : findings.map(\.line).joined(separator: "\n"))
            if findings.contains(where: { $0.verdict == .fail }) { throw CommandOutcome.refused }
        }
    }

    private func examineRedis(_ settings: Settings) async -> [Finding] {
        do {
            let redis = try CommandRedis(settings)
            return try await redis.connected { await Doctor(prefix: redis.prefix).examine(redis: $0) }
        } catch let error as RedisError {
            return [Doctor.unreachable(error)]
        } catch {
            return [Self.setting("redis", error)]
        }
    }

    private func examineDatabase(_ settings: Settings) async -> [Finding] {
        do {
            return await Doctor.examine(
                database: try WorkerConfiguration.database(settings),
                runner: try MigrationRunner(migrations: Schema.migrations))
        } catch {
            return [Self.setting("postgres", error)]
        }
    }

    /// As a Worker would find it: run it as the Workers' user, where they run.
    private func examineFolder(_ settings: Settings) async -> [Finding] {
        do {
            let folder = try MediaSettings(settings).storage
            let megabytes = try await folder.examine() / 1_000_000
            let text = "\(folder.path) can be written to, \(megabytes) MB are free"
            return [
                megabytes < Self.scarce
                    ? .warn("media-folder", text, "make room: a document may have 100 MB")
                    : .ok("media-folder", text)
            ]
        } catch let error as MediaStorageError {
            return [
                .fail(
                    "media-folder", "\(error)",
                    "make MEDIA_FOLDER writable for the Workers' user; until then files wait, for at most seven days")
            ]
        } catch {
            return [Self.setting("media-folder", error)]
        }
    }

    /// MB
    private static let scarce: Int64 = 1_000

    /// A wrong setting is a finding like any other: the rest is examined all the same.
    private static func setting(_ check: String, _ error: any Error) -> Finding {
        .fail(check, "\(error)", "set the variable right")
    }
}
