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

    /// A part of the Worker that can run in a process of its own.
    enum Role: String, ExpressibleByArgument, CaseIterable {
        case inbound
        case outbound
        case console
    }

    @Option(help: ArgumentHelp("Run only this part: inbound, outbound or console. Default: all.", valueName: "part"))
    var only: Role?

    func validate() throws {
        switch only {
        case nil, .inbound: break
        case .outbound, .console:
            throw ValidationError(
                "This version has no \(only?.rawValue ?? "") part yet: use --only inbound, or leave --only out.")
        }
    }

    func run() async throws {
        try await CommandOutcome.report {
            let settings = Settings.process()
            let configuration = try WorkerConfiguration(settings)
            bootstrapLogging(try LogSettings(settings))
            try await WorkerApplication(configuration: configuration, logger: Logger(label: "worker")).run()
        }
    }
}
