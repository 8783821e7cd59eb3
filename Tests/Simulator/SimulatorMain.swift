import ArgumentParser
import Glibc
import GraphSimulator
import TestSupport
import UnixSignals

/// The Graph API simulator as a process of its own: for measurements, and for trying things by hand.
@main
struct SimulatorMain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "Simulator",
        abstract: "Stands for Meta's Graph API on 127.0.0.1 until it is told to stop.",
        discussion: "GET /simulator lists the orders that it takes; /phone is a customer's phone.")

    @Option(help: "Where it listens; 0: any free port.")
    var port = 0

    @Option(help: "A number that it knows, as ID:TOKEN or ID:TOKEN:WABA-ID; may be repeated.")
    var number: [String] = []

    @Option(help: "Where webhooks go, as http://127.0.0.1:8080/api/whatsapp/webhook; may be repeated.")
    var ingress: [String] = []

    @Option(help: "What webhooks are signed with; WHATSAPP_APP_SECRET of the environment if left out.")
    var appSecret: String?

    @Flag(
        help: "Without Meta's limits of 80 a second for each number, and of 45 and then one in 6 s for each recipient.")
    var noThrottle = false

    @Option(help: "What is posted about each message: none, sent, delivered, or all (sent, delivered and read).")
    var statuses = Statuses.none

    @Option(help: "Milliseconds before the first status, and from one to the next.")
    var statusDelay = 0

    @Option(help: "The most statuses in one webhook.")
    var statusBatch = 50

    @Option(help: "Milliseconds before each answer.")
    var latency = 0

    @Option(help: "Decides which messages are struck by rules with a probability.")
    var seed: UInt64 = 1

    enum Statuses: String, ExpressibleByArgument, CaseIterable {
        case none, sent, delivered, all

        var plan: StatusPlan {
            switch self {
            case .none: .none
            case .sent: .sent
            case .delivered: .delivered
            case .all: .all
            }
        }
    }

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        var plan = statuses.plan
        plan.delayMilliseconds = max(0, statusDelay)
        plan.batch = max(1, statusBatch)
        let simulator = try await GraphSimulator.start(
            numbers: try numbers(), port: port,
            options: .init(throttles: noThrottle ? .none : .meta, statuses: plan, seed: seed, remembered: 10_000))
        if latency > 0 { simulator.script(ScriptRule(.take, latencyMilliseconds: latency)) }
        let addresses = try ingress.map { try IngressAddress($0) }
        if !addresses.isEmpty {
            guard let secret = appSecret ?? getenv("WHATSAPP_APP_SECRET").map({ String(cString: $0) }) else {
                throw TestSupportError("--ingress needs --app-secret or WHATSAPP_APP_SECRET")
            }
            await simulator.postWebhooks(to: addresses, appSecret: secret)
        }
        print("listening \(simulator.url)")
        fflush(nil)
        for await _ in signals { break }
        await simulator.stop()
    }

    private func numbers() throws -> [BusinessNumber] {
        try number.map { text in
            let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            guard (2...3).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }) else {
                throw TestSupportError("--number: expected ID:TOKEN or ID:TOKEN:WABA-ID")
            }
            var number = BusinessNumber(phoneNumberID: parts[0], accessToken: parts[1])
            if parts.count == 3 { number.wabaID = parts[2] }
            return number
        }
    }
}
