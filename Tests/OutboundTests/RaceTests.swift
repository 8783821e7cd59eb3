import JobQueue
import Logging
import OutboundLanes
import Postgres
import QueueTesting
import RedisClient
import SendPolicy
import Tenants
import TestSupport
import Testing

@testable import Outbound

/// Two that want something of the same row at the same moment: both are told what became of it, and it is one of the two.
@Suite("Races for a row", .timeLimit(.minutes(1)))
struct RaceTests {
    @Test("a send is cancelled or begins, never both")
    func cancelAndBegin() async throws {
        try await SendHarness.run { harness in
            let count = 400
            let orders = try (0..<count).map { try harness.order(Ask.quote("Q-\($0)", to: "+1650555\(1_000 + $0)")) }
            let ids = try await harness.submit(orders).compactMap { $0.message?.id }
            try #require(ids.count == count)
            let actor = AuditActor(name: "test", origin: "tests")
            let (cancelled, begun) = try await withThrowingTaskGroup(of: (Set<String>, Set<String>).self) { group in
                for part in 0..<4 {
                    group.addTask {
                        var cancelled: Set<String> = []
                        for id in ids.enumerated().filter({ $0.offset % 4 == part }).map(\.element).shuffled() {
                            let outcome = try await harness.pool.withTransaction { session in
                                try SendControl.cancel(id, of: TenantID(1), by: actor, in: session)
                            }
                            if case .done = outcome { cancelled.insert(id) }
                        }
                        return (cancelled, [])
                    }
                }
                group.addTask {
                    var begun: Set<String> = []
                    for start in stride(from: 0, to: count, by: 20) {
                        let batch = Array(ids[start..<start + 20])
                        begun.formUnion(
                            try await harness.pool.withTransaction { session in
                                let rows = try BeginTable.look(up: batch, in: session).filter { $0.status == .queued }
                                try BeginTable.begin(rows.map { ($0.id, false) }, sender: "w/1", in: session)
                                return rows.map(\.id)
                            })
                    }
                    return ([], begun)
                }
                return try await group.reduce(into: (Set<String>(), Set<String>())) {
                    $0.0.formUnion($1.0)
                    $0.1.formUnion($1.1)
                }
            }
            #expect(cancelled.isDisjoint(with: begun) && cancelled.union(begun).count == count)
            let rows = try await harness.sql(
                """
                select count(*) filter (where m.status = 'cancelled' and m.attempts = 0 and a.message_id is null),
                    count(*) filter (where m.status = 'sending' and m.attempts = 1 and a.message_id is not null)
                from whatsapp_messages m left join whatsapp_send_attempts a on a.message_id = m.id
                """)
            #expect(rows == "\(cancelled.count)|\(begun.count)")
        }
    }

    @Test("a pause for a refused token never outlives the new one that was saved meanwhile")
    func pauseAndNewToken() async throws {
        try await SendHarness.run { harness in
            try await ConnectedQueue.run(.outbound) { queue in
                let lanes = OutboundLanes(keys: queue.keys, client: queue.client)
                let pauses = NumberPauses(pool: harness.pool, lanes: lanes, logger: queue.logger)
                for version in try await versions(harness) {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for _ in 0..<3 {
                            group.addTask {
                                try await pauses.pause(
                                    tenant: 1, number: "100", version: version, reason: "the token has expired")
                            }
                        }
                        group.addTask {
                            // As `ConfigStore` saves a token, and what follows its commit.
                            _ = try await harness.sql(
                                "update whatsapp_configs set status = 'active', status_reason = null, "
                                    + "version = version + 1")
                            try await lanes.resume(number: "100")
                        }
                        try await group.waitForAll()
                    }
                    #expect(try await harness.sql("select status from whatsapp_configs") == "active")
                    #expect(try await lanes.paused().isEmpty, "round \(version)")
                }
            }
        }
    }

    @Test("a refusal that was under way when an operator resumed the number does not pause it again")
    func pauseAndResume() async throws {
        try await SendHarness.run { harness in
            try await ConnectedQueue.run(.outbound) { queue in
                let lanes = OutboundLanes(keys: queue.keys, client: queue.client)
                let pauses = NumberPauses(pool: harness.pool, lanes: lanes, logger: queue.logger)
                let version = try await versions(harness).lowerBound
                func refuse(_ version: Int64) async throws -> Bool {
                    try await pauses.pause(tenant: 1, number: "100", version: version, reason: "the token has expired")
                }
                #expect(try await refuse(version))
                let resumed = try await harness.pool.withTransaction { session in
                    try LaneControl.resume("100", by: AuditActor(name: "operator", origin: "test"), in: session)
                }
                try await lanes.resume(number: "100")
                #expect(resumed == .done)
                // Both had been sent before.
                #expect(try await refuse(version) == false)
                #expect(try await harness.sql("select status from whatsapp_configs") == "active")
                #expect(try await lanes.paused().isEmpty)
                // One that was sent afterwards, and is refused all the same, pauses it.
                #expect(try await refuse(version + 1))
                #expect(try await lanes.paused().count == 1)
            }
        }
    }

    /// The settings' version before each of some changes.
    private func versions(_ harness: SendHarness) async throws -> Range<Int64> {
        let version = try #require(Int64(try await harness.sql("select version from whatsapp_configs")))
        return version..<version + 60
    }
}
