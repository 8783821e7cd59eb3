import Foundation
import Postgres
import Tenants
import TestSupport
import Testing

@Suite("API keys, at most as many as can be kept track of")
struct KeyLimitTests {
    private static let live = "select count(*) from api_keys where tenant_id = 1 and revoked_at is null"
    private static let waiting = """
        select count(*) from pg_locks l join pg_database d on d.oid = l.database
        where d.datname = current_database() and l.locktype = 'advisory' and not l.granted
        """

    @Test("are refused beyond that, whoever makes them and however many at once; one that is revoked makes room")
    func limit() async throws {
        try await ConsoleHarness.run { console in
            let most = APIKeyStore.mostKeys
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<(most + 10) {
                    group.addTask {
                        try await console.call("POST", "/api/whatsapp/keys", key: console.first.key).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 201 } == most - 1 && statuses.count { $0 == 409 } == 11, "\(statuses)")
            #expect(try await console.sql(Self.live) == "\(most)")
            let refused = try await console.call(
                "POST", "/api/admin/tenants/1/keys", key: ConsoleHarness.operatorKey)
            #expect(refused.status == 409)
            #expect(refused.text.contains(":too_many_keys") && refused.text.contains("There are \(most) keys in use"))
            let browser = PageTests.Browser(console)
            _ = try await browser.signIn(console.first.key)
            let full = try await browser.get("/app/whatsapp/keys").text
            #expect(full.contains("All \(most) keys are in use.") && !full.contains("Create a key"))
            let page = try await browser.post("/app/whatsapp/keys", [], from: "/app/whatsapp/keys")
            #expect(page.status == 409 && page.text.contains("There are \(most) keys in use"))
            // One in the place of another is none more.
            let id = try await console.sql("select max(id) from api_keys where tenant_id = 1")
            let rotated = try await console.call("POST", "/api/whatsapp/keys/\(id)/rotate", key: console.first.key)
            #expect(rotated.status == 201)
            let next = try await console.sql("select max(id) from api_keys where tenant_id = 1")
            #expect(
                try await console.call("DELETE", "/api/whatsapp/keys/\(next)", key: console.first.key).status == 204)
            #expect(try await console.call("POST", "/api/whatsapp/keys", key: console.first.key).status == 201)
            #expect(try await console.call("POST", "/api/whatsapp/keys", key: console.other.key).status == 201)
            _ = try await console.pool.withTransaction { session in
                try APIKeyStore.rotate(
                    for: TenantID(1), by: AuditActor(name: "operator", origin: "tests"), in: session)
            }
            #expect(try await console.sql(Self.live) == "1")
        }
    }

    @Test("end with all others even while they are being made, and none is made with one that has ended")
    func rotatedMeanwhile() async throws {
        try await ConsoleHarness.run { console in
            let (tenant, actor, pool) = (TenantID(1), AuditActor(name: "operator", origin: "tests"), console.pool)
            let stolen = try await console.sql("select id from api_keys where tenant_id = 1")
            let holder = try await PostgresConnection.connect(PostgresConfiguration(url: console.databaseURL))
            try await holder.withConnection { session in try session.run(script: "select pg_advisory_lock(99)") }
            let making = Task {
                try await pool.withTransaction { session in
                    let created = try APIKeyStore.create(for: tenant, by: actor, in: session)
                    try session.run(script: "select pg_advisory_xact_lock(99)")
                    return created?.id
                }
            }
            try await waitUntil("a key is made") { try await console.sql(Self.waiting) == "1" }
            let rotation = Task {
                try await pool.withTransaction { session in
                    try APIKeyStore.rotate(for: tenant, by: actor, in: session)?.id
                }
            }
            try await waitUntil("the rotation waits for it") { try await console.sql(Self.waiting) == "2" }
            await holder.close()
            #expect(try await making.value != nil)
            let newest = try await rotation.value.map(String.init)
            #expect(
                try await console.sql(
                    "select string_agg(id::text, ' ') from api_keys where revoked_at is null and tenant_id = 1")
                    == newest)
            // Whoever was let in by a key that was ended meanwhile.
            let late = try await pool.withTransaction { session in
                let made = try APIKeyStore.create(for: tenant, with: Int64(stolen), by: actor, in: session)
                let replaced = try APIKeyStore.replace(
                    newest.flatMap(Int64.init) ?? 0, of: tenant, with: Int64(stolen), by: actor, in: session)
                return [made?.id, replaced?.id]
            }
            #expect(late == [nil, nil])
            #expect(try await console.sql(Self.live) == "1")
        }
    }

    @Test("of a tenant that is not there are not made, however large its id")
    func nobody() async throws {
        try await ConsoleHarness.run { console in
            for id in ["99", "99999999999"] {
                let reply = try await console.call(
                    "POST", "/api/admin/tenants/\(id)/keys", key: ConsoleHarness.operatorKey)
                #expect(reply.status == 404, "\(id): \(reply.text)")
            }
        }
    }

    @Test("are all on their page while they are valid, whatever number was revoked before")
    func page() async throws {
        try await ConsoleHarness.run { console in
            _ = try await console.sql(
                """
                insert into api_keys (tenant_id, key_hash, last4, created_by, revoked_at)
                select 1, sha256(n::text::bytea), 'gone', 'tests', now() from generate_series(1, 1100) n
                """)
            let key = try await console.call("POST", "/api/whatsapp/keys", key: console.first.key)
            let last4 = String(key.text.split(separator: #""last4":""#).last?.prefix(4) ?? "")
            let browser = PageTests.Browser(console)
            _ = try await browser.signIn(console.first.key)
            let page = try await browser.get("/app/whatsapp/keys").text
            #expect(page.contains("<code>…\(last4)</code>") && page.contains("2 of at most"))
            #expect(page.components(separatedBy: "<code>…gone</code>").count == 51)
        }
    }
}
