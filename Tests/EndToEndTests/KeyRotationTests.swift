import GraphSimulator
import Synchronization
import TestSupport
import Testing

/// The encryption key is replaced as the README says, one Worker after the other, while sends go out.
@Suite("The encryption key", .timeLimit(.minutes(4))) struct KeyRotationTests {
    private static let tenants = 5

    @Test("is replaced while sends run: none fails or is tried twice, and the old key can be removed")
    func rotate() async throws {
        try await SendPath.run(tenants: Self.tenants, customers: 200) { path in
            try await path.startIntake()
            let old = path.deployment.settings.encryptionKey
            let fresh = try await path.deployment.command.generateKey()
            let (oldKey, newKey) = ("before:\(Self.bare(old))", "after:\(Self.bare(fresh))")
            // The deployment's own key has another id: everything begins under the one called "before".
            let before = ["WHATSAPP_ENCRYPTION_KEY": "\(oldKey),\(old)"]
            try await Self.command(path, before).output("keys", "rotate")
            try await Self.expectKeyIDs(path, "before")

            let first = try await path.deployment.startWorker(environment: ["WHATSAPP_ENCRYPTION_KEY": oldKey])
            let load = Load()
            async let sending: Void = load.run(path)
            func moreGoOut(_ what: String) async throws {
                let mark = try await path.statuses()["delivered"] ?? 0
                try await waitUntil("sends go out \(what)", within: .seconds(60)) {
                    try await path.statuses()["delivered"] ?? 0 >= mark + 100
                }
            }
            try await moreGoOut("under the old key")
            // Each Worker is replaced by one that knows both, before anything is sealed under the new key.
            let both = ["WHATSAPP_ENCRYPTION_KEY": "\(newKey),\(oldKey)"]
            let second = try await path.deployment.startWorker(environment: both)
            try await first.stop()
            try await moreGoOut("with both keys")
            let said = try await Self.command(path, both).output("keys", "rotate")
            #expect(said.hasPrefix("\(Self.tenants) access tokens are sealed anew under the key after."), "\(said)")
            try await Self.expectKeyIDs(path, "after")
            #expect(try await Self.command(path, both).output("keys", "rotate").hasPrefix("0 access tokens"))
            try await moreGoOut("after the rotation")

            let third = try await path.deployment.startWorker(environment: ["WHATSAPP_ENCRYPTION_KEY": newKey])
            try await second.stop()
            try await moreGoOut("without the old key")
            load.isOver.store(true, ordering: .relaxed)
            try await sending
            try await path.waitForStatuses(["delivered": load.asked.load(ordering: .relaxed)], within: .seconds(90))
            #expect(try await path.deployment.sql("select max(attempts) from whatsapp_messages") == "1")
            #expect(path.nothingWasDoubled)
            #expect(path.simulator.summary.refused.isEmpty)
            #expect(
                try await path.deployment.sql("select count(*) from whatsapp_configs where status <> 'active'") == "0")
            #expect(third.exitStatus == nil)

            // What is sealed under the new key does not open with the old one, and a Worker that lacks it says so at once.
            let lacking = try await path.deployment.startWorker(
                environment: ["WHATSAPP_ENCRYPTION_KEY": "after:\(Self.bare(old))"], ready: false)
            try await waitUntil("a Worker with a wrong key to end") { lacking.exitStatus != nil }
            #expect(lacking.lastLines.contains("WHATSAPP_ENCRYPTION_KEY"), "\(lacking.lastLines)")
        }
    }

    /// The key without an id that may stand before it.
    private static func bare(_ key: String) -> Substring { key.split(separator: ":").last ?? "" }

    private static func command(_ path: SendPath, _ environment: [String: String]) throws -> WorkerCommand {
        try WorkerCommand(environment: path.deployment.command.environment.merging(environment) { $1 })
    }

    private static func expectKeyIDs(_ path: SendPath, _ id: String) async throws {
        let sealed = try await path.deployment.sql(
            "select count(*) from whatsapp_configs where position(convert_to('\(id)', 'UTF8') in access_token) > 0")
        #expect(sealed == "\(tenants)", "tokens sealed under \(id)")
    }

    /// Sends of all tenants, never far ahead of what has gone out.
    private final class Load: Sendable {
        let isOver = Atomic(false)
        let asked = Atomic(0)

        func run(_ path: SendPath) async throws {
            var round = 0
            while !isOver.load(ordering: .relaxed) {
                round += 1
                let requests = (0..<50).map { index in
                    path.request(
                        "Q-\(round)-\(index)", tenant: index % tenants, to: (round * 50 + index) % 200)
                }
                try await path.push(requests)
                let total = asked.add(requests.count, ordering: .relaxed).newValue
                try await waitUntil("the sends of round \(round)", within: .seconds(60)) {
                    try await path.statuses()["delivered"] ?? 0 >= total - 50
                }
            }
        }
    }
}
