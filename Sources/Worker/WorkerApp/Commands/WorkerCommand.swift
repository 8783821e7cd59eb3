public import ArgumentParser

/// The `worker` program: one command for each thing that an operator does.
public struct WorkerCommand: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Takes WhatsApp jobs from Redis, keeps conversations in Postgres and sends messages.",
        discussion: """
            All configuration is environment variables; a command needs only those that it uses. Results go to standard \
            output, logs to standard error. Exit codes: 0 done, 1 refused, 64 wrong usage, 69 database or Redis away, \
            78 wrong or missing setting.
            """,
        subcommands: [
            RunCommand.self, MigrateCommand.self, TenantCommand.self, QueueCommand.self,
            LaneCommand.self, SendCommand.self, MessageCommand.self, ExplainCommand.self, CustomerCommand.self,
            KeysCommand.self, DoctorCommand.self,
        ])

    public init() {}

    /// What the program's `main` does: runs the command that the arguments name, off the main actor, and ends the process
    /// with its exit code if it fails.
    @concurrent
    public static func runProcess() async {
        await main()
    }
}
