import ArgumentParser
import Identifiers
import OperationsKit
import Outbound
import OutboundLanes
import Postgres
import Tenants

/// `worker message cancel|resend|give-up|again ID`
struct MessageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "message", abstract: "Decide what becomes of one message; worker explain ID tells where it is.",
        subcommands: [Cancel.self, Resend.self, GiveUp.self, Again.self])

    /// What each of them takes.
    struct Target: ParsableArguments {
        @Argument(help: "The message's id.")
        var id: String

        static var actor: AuditActor { AuditActor(name: "operator", origin: CommandOrigin.text) }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take back a message that is still queued.", discussion: "Needs DATABASE_URL and REDIS_URL.")

        @OptionGroup var target: Target

        func run() async throws {
            try await MessageCommand.change(target.id, to: "cancelled", possible: "queued") {
                [id = target.id] session in
                try SendControl.cancel(id, of: nil, by: Target.actor, in: session)
            }
        }
    }

    struct Resend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send a message once more of which nobody knows whether it went out.",
            discussion: "The customer may get it twice. Needs DATABASE_URL and REDIS_URL.")

        @OptionGroup var target: Target

        func run() async throws {
            try await MessageCommand.change(target.id, to: "queued", possible: "unknown") { [id = target.id] session in
                try SendControl.release(id, of: nil, .resend, by: Target.actor, in: session)
            }
        }
    }

    struct GiveUp: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "give-up", abstract: "Count a message as failed of which nobody knows whether it went out.",
            discussion: "A status that comes later still counts. Needs DATABASE_URL and REDIS_URL.")

        @OptionGroup var target: Target

        func run() async throws {
            try await MessageCommand.change(target.id, to: "failed", possible: "unknown") { [id = target.id] session in
                try SendControl.release(id, of: nil, .giveUp, by: Target.actor, in: session)
            }
        }
    }

    struct Again: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send what has ended once more, as a new message.",
            discussion: "Asked twice it is one new message. Needs DATABASE_URL and REDIS_URL.")

        @OptionGroup var target: Target

        func run() async throws {
            try await CommandOutcome.report {
                let settings = Settings.process()
                let (database, lanes) = (try CommandDatabase(settings), try CommandLanes(settings))
                let submission = try await database.transaction { [id = target.id] session in
                    try SendControl.sendAgain(
                        id, of: nil, origin: .command, by: Target.actor, now: UnixClock.milliseconds(), in: session)
                }
                switch submission {
                case .new(let message, _): print("Message \(message.id) is \(message.status).")
                case .same(let message): print("Message \(message.id) is \(message.status), as asked for before.")
                case .conflict(let conflict): throw Refused(description: conflict.description)
                case .refused(let refusal): throw refusal
                case nil: throw Refused.unknown(target.id)
                }
                if let turn = submission?.turn { await lanes.push(turn) }
            }
        }
    }

    private struct Refused: Error, CustomStringConvertible {
        let description: String

        static func unknown(_ id: String) -> Refused {
            Refused(
                description: "no message that was sent from here has the id \(id); worker explain finds it by quote")
        }
    }

    /// - Parameter possible: the status in which it can be done.
    private static func change(
        _ id: String, to status: String, possible: String,
        _ body: @escaping @Sendable (PostgresSession) throws -> SendControl.Outcome
    ) async throws {
        try await CommandOutcome.report {
            let settings = Settings.process()
            let (database, lanes) = (try CommandDatabase(settings), try CommandLanes(settings))
            switch try await database.transaction({ session in try body(session) }) {
            case .done(let turn):
                print("Message \(id) is \(status).")
                if let turn { await lanes.push(turn) }
            case .notFound: throw Refused.unknown(id)
            case .notNow(let now):
                throw Refused(description: "message \(id) is \(now); this can be done while it is \(possible)")
            }
        }
    }
}
