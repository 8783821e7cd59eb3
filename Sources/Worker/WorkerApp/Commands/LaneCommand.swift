import ArgumentParser

/// `worker lane …`
struct LaneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lane", abstract: "Look at the numbers' lanes, stop one number from sending, let one go on.",
        subcommands: [LaneListCommand.self, LanePauseCommand.self, LaneResumeCommand.self])
}
