public import ArgumentParser
public import JobQueue
public import QueueAdministration

/// `worker queue …`
struct QueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue", abstract: "Look into the queues, and put right what is stuck.",
        subcommands: [
            QueueStatsCommand.self, QueuePeekCommand.self, QueueShowCommand.self, QueueWorkersCommand.self,
            QueuePauseCommand.self, QueueResumeCommand.self, QueueRetryCommand.self, QueueReplayCommand.self,
            QueueDiscardCommand.self, QueueArchiveCommand.self,
        ])
}

extension QueueName: ExpressibleByArgument {}
extension PeekedState: ExpressibleByArgument {}

extension OperatorSpan: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
