import ArgumentParser
import Identifiers
import OperationsKit
import Outbound
import OutboundLanes
import QueueAdministration
import Tenants

/// `worker lane pause NUMBER --reason …`
struct LanePauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Stop one number from sending, at once and for all workers.",
        discussion: """
            Needs REDIS_URL; with DATABASE_URL its tenant reads why, and it is written to the audit log. What is being \
            handed to Meta is finished; all else waits. A number that is paused already keeps its first reason.
            """)

    @Argument(help: "The number, as Meta's phone number id.")
    var number: String

    @Option(help: "Why, for its tenant and whoever finds it paused.")
    var reason: String

    @Flag(help: "Print one line of JSON.")
    var json = false

    func validate() throws {
        guard reason.contains(where: { !$0.isWhitespace }), reason.utf8.count <= 1_000 else {
            throw ValidationError("--reason must say why, in up to 1000 bytes.")
        }
        try LaneNumber.validate(number)
    }

    func run() async throws {
        try await CommandOutcome.report {
            let settings = Settings.process()
            // The lane first: it also stops while Postgres is away.
            let pause = try await CommandLanes(settings).use { lanes in
                try await lanes.pause(number: number, reason: reason, by: CommandOrigin.text)
            }
            let actor = AuditActor(name: "operator", origin: CommandOrigin.text)
            do {
                let outcome = try await CommandDatabase(settings).transaction { [number, reason] session in
                    try LaneControl.pause(number, reason: reason, by: actor, in: session)
                }
                if outcome == .unknownNumber {
                    // Only what this call did is taken back: others may have paused the lane of a number that was given up.
                    if pause.changed { try await CommandLanes(settings).resume(number) }
                    throw UnknownNumber(number: number)
                }
            } catch let error as UnknownNumber {
                throw error
            } catch {
                StandardStreams.writeError(
                    "the lane is paused, but its tenant cannot read why and the audit log does not tell: \(error)\n")
            }
            print(
                json
                    ? LaneListing.json(number, pause.pause, changed: pause.changed).line
                    : pause.changed
                        ? "\(number) is paused. To go on: worker lane resume \(number)"
                        : "\(number) was paused already, \(LaneListing.sentence(pause.pause))")
        }
    }
}

/// `worker lane resume NUMBER`
struct LaneResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Let a number go on that is paused or held by Meta.",
        discussion: """
            Needs REDIS_URL and DATABASE_URL. If its access token was rejected, give it a good one with `worker tenant \
            set-token` instead: that lets it go on by itself.
            A number that is "held by Meta" would go on by itself, too, in up to a day; this ends the wait now. If Meta \
            still refuses, the number is held again. Where the limit is the app's or the account's, each of its numbers \
            is held and resumed by itself.
            """)

    @Argument(help: "The number, as Meta's phone number id.")
    var number: String

    @Flag(help: "Print one line of JSON.")
    var json = false

    func validate() throws { try LaneNumber.validate(number) }

    func run() async throws {
        try await CommandOutcome.report {
            let settings = Settings.process()
            let actor = AuditActor(name: "operator", origin: CommandOrigin.text)
            // The settings first: a worker that finds them paused would pause the lane again.
            let outcome = try await CommandDatabase(settings).transaction { [number] session in
                try LaneControl.resume(number, by: actor, in: session)
            }
            let ended = try await CommandLanes(settings).use { try await $0.release(number: number) }
            // A lane may have been stopped whose number has been given up since: that ends all the same.
            if outcome == .unknownNumber, !ended.isChange { throw UnknownNumber(number: number) }
            print(
                json
                    ? LaneListing.json(number, ended).line
                    : LaneListing.sentence(number, ended, now: UnixClock.milliseconds()))
        }
    }
}

/// No tenant has set this number up.
private struct UnknownNumber: Error, CustomStringConvertible {
    let number: String

    var description: String {
        "no tenant has the number \(number), so nothing was changed; worker tenant list shows the numbers that there are"
    }
}

private enum LaneNumber {
    static func validate(_ number: String) throws {
        guard (1...64).contains(number.utf8.count), number.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ValidationError("NUMBER must be a phone number id: 1 to 64 printable characters without spaces.")
        }
    }
}
