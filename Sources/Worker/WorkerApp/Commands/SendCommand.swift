import ArgumentParser
import Identifiers
import OperationsKit
import Outbound
import QueueAdministration
import Tenants

/// `worker send --tenant ID …`
struct SendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send", abstract: "Send a quote link, a text or a template for a tenant.",
        discussion: """
            Needs DATABASE_URL and REDIS_URL. Prints the message's id as soon as it is stored; worker explain ID tells what \
            becomes of it. Asked again with the same quote, version and recipient, or with the same --key, it is the same \
            message and not sent again.
            """)

    @OptionGroup var tenant: TenantOption
    @OptionGroup(title: "Request") var request: SendOptions

    @Flag(help: "Read the request as JSON from standard input instead.")
    var requestStdin = false

    @Option(help: "Idempotency key.")
    var key: String?

    @Flag(help: "Print one line of JSON.")
    var json = false

    func validate() throws {
        guard requestStdin else {
            _ = try request.json()
            return
        }
        guard request.isEmpty else {
            throw ValidationError("With --request-stdin the whole request comes from standard input.")
        }
    }

    func run() async throws {
        try await CommandOutcome.report {
            let settings = Settings.process()
            let database = try CommandDatabase(settings)
            let lanes = try CommandLanes(settings)
            let text = requestStdin ? try StandardStreams.readAll() : try request.json()
            if let key { try IdempotencyKey.check(key, field: "--key") }
            let order = SendOrder(
                tenant: tenant.id, key: key, request: try SendRequest(json: Array(text.utf8)), origin: .command)
            let actor = AuditActor(name: "operator", origin: CommandOrigin.text)
            let submission = try await database.transaction { session in
                let submission = try SendStore.submit([order], now: UnixClock.milliseconds(), in: session).first
                if case .new(let message, _) = submission {
                    try AuditLog.write("send.create", order.tenant, message: message.id, by: actor, in: session)
                }
                return submission
            }
            try show(submission)
            if let turn = submission?.turn { await lanes.push(turn) }
        }
    }

    private func show(_ submission: Submission?) throws {
        let note: String
        let message: SubmittedMessage
        switch submission {
        case .new(let new, _): (message, note) = (new, "")
        case .same(let same): (message, note) = (same, ", as asked for before")
        case .conflict(let conflict): throw SendRefused(description: conflict.description)
        case .refused(let refusal): throw refusal
        case nil: throw SendRefused(description: "the request was not stored")
        }
        print(
            json
                ? JSONOutput.object([("id", .text(message.id)), ("status", .text(message.status))]).line
                : "Message \(message.id) is \(message.status)\(note).")
    }
}

private struct SendRefused: Error, CustomStringConvertible {
    let description: String
}
