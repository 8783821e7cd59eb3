import ArgumentParser
import Logging
import OperationsKit

/// `worker migrate`
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Bring the database's schema to what this version needs.",
        discussion: """
            Needs DATABASE_URL. May be run at any time and from several machines at once: what was applied already is \
            left alone.
            """)

    func run() async throws {
        try await CommandOutcome.report {
            let settings = Settings.process()
            bootstrapLogging(try LogSettings(settings))
            let database = try CommandDatabase(settings)
            let applied = try await database.migrate(logger: Logger(label: "worker.migrate"))
            let list = applied.map(String.init).joined(separator: ", ")
            print(
                applied.isEmpty
                    ? "The database is at migration \(database.newestMigration) already."
                    : "Applied migration\(applied.count == 1 ? "" : "s") \(list).")
        }
    }
}
