import Logging
import Outbound
import OutboundLanes
import Postgres
import Schema
import Tenants
import TestSupport

/// A migrated database of its own with one tenant, id 1, whose number is `100`.
struct SendHarness {
    let server: PostgresServer
    let url: String
    let pool: PostgresPool
    /// Unix milliseconds of every submission that does not say otherwise.
    static let now: Int64 = 1_800_000_000_000

    static func run(_ body: (SendHarness) async throws -> Void) async throws {
        let server = try await PostgresServer.shared()
        let url = try await server.createDatabase()
        let configuration = try PostgresConfiguration(url: url)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        _ = try await MigrationRunner(migrations: Schema.migrations).migrate(configuration, logger: logger)
        try await PostgresPool.withPool(configuration: configuration, size: 8, logger: logger) { pool in
            let harness = SendHarness(server: server, url: url, pool: pool)
            try await harness.addTenant(number: "100")
            try await body(harness)
        }
    }

    func addTenant(number: String) async throws {
        _ = try await sql(
            """
            with t as (insert into tenants (name) values ('t') returning id)
            insert into whatsapp_configs (tenant_id, phone_number_id, access_token, access_token_set_by)
            select id, '\(number)', '\\x00', 'test' from t
            """)
    }

    func sql(_ text: String) async throws -> String { try await server.sql(text, on: url) }

    func submit(_ orders: [SendOrder], now: Int64 = SendHarness.now) async throws -> [Submission] {
        try await pool.withTransaction { session in try SendStore.submit(orders, now: now, in: session) }
    }

    func submit(
        _ json: String, key: String? = nil, tenant: Int64 = 1, origin: SendOrigin = .api, now: Int64 = SendHarness.now
    ) async throws -> Submission {
        try await submit([order(json, key: key, tenant: tenant, origin: origin)], now: now)[0]
    }

    func order(
        _ json: String, key: String? = nil, tenant: Int64 = 1, origin: SendOrigin = .api
    ) throws -> SendOrder {
        SendOrder(
            tenant: TenantID(tenant), key: key, request: try SendRequest(json: Array(json.utf8)), origin: origin)
    }
}

/// Requests that are right, from the parts that a test is about.
enum Ask {
    static func quote(
        _ id: String = "Q-1", to: String = "+16505551234", url: String = "https://quotes.example.com/q/1",
        more: String = ""
    ) -> String {
        #"{"type":"quote_link","to":"\#(to)","quote":{"id":"\#(id)","url":"\#(url)"}\#(more)}"#
    }

    static func text(_ body: String = "hello", to: String = "+16505551234", more: String = "") -> String {
        #"{"type":"text","to":"\#(to)","body":"\#(body)"\#(more)}"#
    }
}
