import ArgumentParser
import Identifiers
import OperationsKit
import Outbound

/// `worker explain ID|WAMID|QUOTE`
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Tell a message's whole story in plain words, and what happens next.",
        discussion: """
            Needs DATABASE_URL. A quote may have several messages: the oldest comes first. Customers' numbers are shortened \
            unless --reveal.
            """)

    /// More than anybody reads.
    private static let most = 50

    @Argument(help: "A message's id, Meta's id (wamid…), or a quote's id.")
    var what: String

    @Flag(help: "Show customers' numbers whole.")
    var reveal = false

    @Flag(help: "Print a JSON array, one object for each message.")
    var json = false

    func run() async throws {
        try await CommandOutcome.report {
            let database = try CommandDatabase(Settings.process())
            let reports = try await database.transaction { [what] session in
                try MessageReports.find(what, limit: Self.most, in: session).compactMap {
                    try MessageReports.load($0, of: nil, in: session)
                }
            }
            let now = UnixClock.milliseconds() * 1_000
            let stories = reports.map { MessageStory($0, now: now, reveal: reveal) }
            if json {
                print("[" + stories.map(\.json).joined(separator: ",") + "]")
            } else {
                guard !stories.isEmpty else { throw NothingFound() }
                print(stories.map(\.text).joined(separator: "\n\n"))
            }
        }
    }
}

private struct NothingFound: Error, CustomStringConvertible {
    let description = "no message has this id or wamid, and no quote of this id was ever asked for"
}
