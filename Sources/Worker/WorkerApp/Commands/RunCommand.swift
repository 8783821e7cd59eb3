import ArgumentParser
import Logging
import OperationsKit

/// `worker run`
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Work until told to stop (SIGTERM or Ctrl-C).",
        discussion: """
            Needs REDIS_URL, DATABASE_URL and WHATSAPP_ENCRYPTION_KEY. An absent Redis or Postgres is waited for; a \
            schema that does not fit ends the process with the reason.
            """)

    @Option(help: ArgumentHelp("Run only this part: inbound, outbound or console. Default: all.", valueName: "part"))
    var only: WorkerRole?

    func run() async throws {
        try await CommandOutcome.report {
            let settings = Settings.process()
            let configuration = try WorkerConfiguration(
                settings, roles: only.map { [$0] } ?? Set(WorkerRole.allCases))
            bootstrapLogging(try LogSettings(settings))
            try await WorkerApplication(configuration: configuration, logger: Logger(label: "worker")).run()
        }
    }
}

extension WorkerRole: ExpressibleByArgument {}
