import ArgumentParser
import Identifiers
import OperationsKit
import OutboundLanes
import QueueAdministration

/// `worker lane list`
struct LaneListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Every number that has sends waiting, or is paused.",
        discussion: "Needs REDIS_URL. Numbers are Meta's phone number ids.")

    @Flag(help: "Print a JSON array.")
    var json = false

    func run() async throws {
        try await CommandOutcome.report {
            let lanes = try await CommandLanes(Settings.process()).use { try await $0.list() }
            print(
                json
                    ? JSONOutput.list(lanes.map(LaneListing.json)).line
                    : LaneListing.table(lanes, now: UnixClock.milliseconds()))
        }
    }
}
