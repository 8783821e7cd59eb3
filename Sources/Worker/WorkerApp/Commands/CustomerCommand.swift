import ArgumentParser

/// `worker customer …`
struct CustomerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "customer", abstract: "What is done about one customer of a tenant.",
        subcommands: [CustomerEraseCommand.self])
}
