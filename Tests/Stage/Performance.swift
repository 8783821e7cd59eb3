import Foundation
import Glibc
import GraphSimulator
import Synchronization
import TestSupport

/// One run of the stage: set it up, play, show, and stay until it is told to end.
final class Performance: Sendable {
    private let once: Bool
    private let built = Mutex<StageSet?>(nil)

    init(once: Bool) {
        self.once = once
    }

    /// - Throws: `TestSupportError` that says what is missing or did not work.
    func run() async throws {
        let folder = try RunFolder()
        let stage = StageSet(folder: folder)
        built.withLock { $0 = stage }
        let set = try await stage.build()
        let screenplay = Screenplay(appSecret: set.deployment.settings.appSecret, now: Int(time(nil)))
        let things = NextThings(set: set)
        try folder.write(Array(things.environmentFile.utf8), to: "env")
        try folder.write(screenplay.example.body, to: "example.json")

        var problems = try await play(screenplay, on: set)
        if problems.isEmpty { problems = try await QuoteSends(set: set).play() }
        if once {
            guard problems.isEmpty else {
                throw TestSupportError(
                    "Missing:\n" + problems.map { "  - \($0)\n" }.joined() + lastLines(of: set))
            }
            Terminal.show(
                "\nAll there: \(screenplay.lines.count) messages, each stored once; three quotes, each sent once and read."
            )
            return
        }
        for problem in problems { Terminal.complain("  ! \(problem)") }
        things.show()
        try await keepRunning(set)
    }

    /// Ends everything. Never throws, and takes bounded time.
    func end() async {
        await built.withLock { $0 }?.strike()
    }

    /// - Returns: What is missing or wrong.
    private func play(_ screenplay: Screenplay, on set: Playable) async throws -> [String] {
        Terminal.show("\n\(Screenplay.customer.name) writes to \(Screenplay.number.verifiedName):")
        var problems: [String] = []
        let challenge = DeploymentSettings.randomHex(12)
        let handshake = try await CustomerPlayer.handshake(
            port: set.ports[0], verifyToken: set.deployment.settings.verifyToken, challenge: challenge)
        if handshake.status != 200 || handshake.text != challenge {
            problems.append("the subscription handshake was answered with \(handshake.status) “\(handshake.text)”")
        }
        problems += try await screenplay.play(ports: set.ports)
        let answered = ContinuousClock.now

        var stored: StoredConversation?
        var depths: [QueueDepths] = []
        var open: [String] = []
        do {
            try await waitUntil("the conversation to be stored", within: .seconds(30), poll: .milliseconds(20)) {
                let read = try await StoredConversation.read(
                    from: set.deployment.postgres, set.deployment.settings.databaseURL)
                stored = read
                depths = []
                for queue in ["inbound", "outbound", "media"] {
                    depths.append(try await set.deployment.depths(queue))
                }
                open = read.problems(against: screenplay) + depths.flatMap(\.problems)
                return open.isEmpty
            }
            let taken = (ContinuousClock.now - answered).formatted(.units(allowed: [.milliseconds]))
            Terminal.show("Stored, and every queue empty, \(taken) after the last answer (as seen from outside).")
        } catch let error as TestSupportError {
            if open.isEmpty { throw error }
            problems += open
        }
        for service in set.services {
            if let ended = service.exitStatus { problems.append("\(service.name) ended: \(ended)") }
        }
        Terminal.show("\nStored in Postgres")
        stored?.show()
        Terminal.show("\nQueues in Redis")
        for depth in depths { show(depth) }
        return problems
    }

    /// Starts each process again that ends, until cancelled; one that keeps ending is left alone.
    private func keepRunning(_ set: Playable) async throws {
        var restarts: [String: Int] = [:]
        while true {
            try await Task.sleep(for: .milliseconds(300))
            for service in set.services {
                guard let ended = service.exitStatus, restarts[service.name, default: 0] <= 10 else { continue }
                restarts[service.name, default: 0] += 1
                if restarts[service.name, default: 0] > 10 {
                    Terminal.complain("\(service.name) ended too often; its last lines:\n\(service.lastLines)")
                    continue
                }
                try await Task.sleep(for: .seconds(1))
                try service.start()
                Terminal.show("\(service.name) ended (\(ended)); started again as pid \(service.pid ?? 0)")
            }
        }
    }

    private func show(_ depths: QueueDepths) {
        let name = depths.queue + String(repeating: " ", count: max(0, 9 - depths.queue.count))
        Terminal.show(
            "  \(name) ready \(depths.ready) · claimed \(depths.claimed) · scheduled \(depths.scheduled)"
                + " · dead \(depths.dead)")
    }

    private func lastLines(of set: Playable) -> String {
        set.services.map { "\n\($0.name)'s last lines:\n\($0.lastLines)" }.joined(separator: "\n")
    }
}
