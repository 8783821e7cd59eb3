import Conversations
import Logging
import Postgres
import Schema
import TestSupport
import WhatsAppPayload

/// A migrated database of its own, and webhooks stored in it the way the Worker does.
struct StoreHarness {
    let server: PostgresServer
    let url: String
    let pool: PostgresPool

    /// Runs `body` with a fresh database that has one tenant, id 1, with number `100` and account `waba-1`.
    static func run(_ body: (StoreHarness) async throws -> Void) async throws {
        let server = try await PostgresServer.shared()
        let url = try await server.createDatabase()
        var configuration = try PostgresConfiguration(url: url)
        // A machine that stands still for some seconds is no failure here; the Worker would try again.
        configuration.statementTimeout = .seconds(60)
        configuration.idleInTransactionTimeout = .seconds(60)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        _ = try await MigrationRunner(migrations: Schema.migrations).migrate(configuration, logger: logger)
        try await PostgresPool.withPool(configuration: configuration, size: 8, logger: logger) { pool in
            let harness = StoreHarness(server: server, url: url, pool: pool)
            try await harness.addTenant(number: "100", account: "waba-1")
            try await body(harness)
        }
    }

    static func value<Value: Sendable>(_ body: (StoreHarness) async throws -> Value) async throws -> Value? {
        var value: Value?
        try await run { value = try await body($0) }
        return value
    }

    func addTenant(number: String, account: String) async throws {
        _ = try await sql(
            """
            with t as (insert into tenants (name) values ('t') returning id)
            insert into whatsapp_configs (tenant_id, phone_number_id, waba_id, access_token, access_token_set_by)
            select id, '\(number)', '\(account)', '\\x00', 'test' from t
            """)
    }

    func sql(_ text: String) async throws -> String { try await server.sql(text, on: url) }

    /// Which messages are together: a line of wamids for each conversation.
    func partition() async throws -> String {
        try await sql(
            "select string_agg(wamid, ' ' order by wamid) from whatsapp_messages group by conversation_id order by 1")
    }

    @discardableResult
    func store(_ bodies: String...) async throws -> StoredItems {
        try await store(bodies)
    }

    /// - Parameter script: runs at the end of the transaction.
    @discardableResult
    func store(_ bodies: [String], then script: String? = nil) async throws -> StoredItems {
        var parser = WebhookParser()
        var items: [IncomingItem] = []
        for body in bodies {
            items += IncomingItem.all(of: try parser.parse(Array(body.utf8)), receivedAt: 1_700_000_000_000)
        }
        let batch = items
        return try await pool.withTransaction { session in
            let stored = try WebhookStore().store(batch, now: 1_700_000_000_000, in: session)
            if let script { try session.run(script: script) }
            return stored
        }
    }

    /// As the Worker does: a transaction that another one stood in the way of is run again.
    func storeRetrying(_ bodies: [String]) async throws {
        while true {
            do {
                try await store(bodies)
                return
            } catch let error as PostgresError where error.kind == .serialization {
                continue
            }
        }
    }

    func drainUnrouted(bytes: Int = 1_000_000, raw: Bool = false) async throws -> Int {
        try await pool.withTransaction { session in
            try UnroutedStore().drain(limit: 100, bytes: bytes, raw: raw, now: 1_700_000_000_000, in: session)
        }
    }
}

/// Webhook bodies in Meta's shape, from the parts that a test is about.
enum Body {
    static func value(_ members: String, number: String = "100", account: String = "waba-1") -> String {
        #"{"object":"whatsapp_business_account","entry":[{"id":"\#(account)","changes":[{"field":"messages","value":{"#
            + #""messaging_product":"whatsapp","metadata":{"display_phone_number":"1555","phone_number_id":"\#(number)"},"#
            + "\(members)}}]}]}"
    }

    static func text(
        _ wamid: String, phone: String? = "16505551234", userID: String? = nil, name: String = "Ana",
        at time: Int = 1_700_000_000, text: String = "hello", number: String = "100"
    ) -> String {
        let identity = [phone.map { #""wa_id":"\#($0)""# }, userID.map { #""user_id":"\#($0)""# }]
            .compactMap { $0 }.joined(separator: ",")
        let sender = [phone.map { #""from":"\#($0)""# }, userID.map { #""from_user_id":"\#($0)""# }]
            .compactMap { $0 }.joined(separator: ",")
        return value(
            #""contacts":[{"profile":{"name":"\#(name)"},\#(identity)}],"messages":[{\#(sender),"id":"\#(wamid)","#
                + #""timestamp":"\#(time)","type":"text","text":{"body":"\#(text)"}}]"#, number: number)
    }

    /// A `system` message: the person behind one number has another one now.
    static func numberChange(
        _ wamid: String, from old: String, to new: String, previous: String? = nil, userID: String? = nil, at time: Int
    ) -> String {
        let ids = [previous.map { #","previous_user_id":"\#($0)""# }, userID.map { #","user_id":"\#($0)""# }]
            .compactMap { $0 }.joined()
        return value(
            #""messages":[{"from":"\#(old)","id":"\#(wamid)","timestamp":"\#(time)","type":"system","#
                + #""system":{"type":"user_changed_number","body":"changed","wa_id":"\#(new)"\#(ids)}}]"#)
    }

    /// A `system` message: a person has a new business-scoped id.
    static func userIDChange(_ wamid: String, previous: String?, to new: String, at time: Int) -> String {
        let members =
            [#""type":"user_changed_user_id","body":"changed","user_id":"\#(new)""#]
            + (previous.map { [#""previous_user_id":"\#($0)""#] } ?? [])
        return value(
            #""messages":[{"from_user_id":"\#(new)","id":"\#(wamid)","timestamp":"\#(time)","type":"system","#
                + #""system":{\#(members.joined(separator: ","))}}]"#)
    }

    /// A customer's call; it is kept as an event and noted in their conversation.
    static func call(_ id: String, phone: String, userID: String? = nil, at time: Int) -> String {
        let user = userID.map { #","from_user_id":"\#($0)""# } ?? ""
        return #"{"object":"whatsapp_business_account","entry":[{"id":"waba-1","changes":[{"field":"calls","value":{"#
            + #""messaging_product":"whatsapp","metadata":{"display_phone_number":"1555","phone_number_id":"100"},"#
            + #""calls":[{"id":"\#(id)","from":"\#(phone)"\#(user),"to":"1555","event":"connect","#
            + #""timestamp":"\#(time)","direction":"USER_INITIATED"}]}}]}]}"#
    }

    static func edit(
        _ wamid: String, of target: String, text: String, at time: Int, phone: String = "16505551234"
    ) -> String {
        value(
            #""messages":[{"from":"\#(phone)","id":"\#(wamid)","timestamp":"\#(time)","type":"edit","edit":{"#
                + #""original_message_id":"\#(target)","message":{"type":"text","text":{"body":"\#(text)"}}}}]"#)
    }

    static func revoke(_ wamid: String, of target: String, at time: Int, phone: String = "16505551234") -> String {
        value(
            #""messages":[{"from":"\#(phone)","id":"\#(wamid)","timestamp":"\#(time)","type":"revoke","#
                + #""revoke":{"original_message_id":"\#(target)"}}]"#)
    }

    /// - Parameter emoji: nil takes the reaction away.
    static func reaction(
        _ wamid: String, to target: String, _ emoji: String?, at time: Int, phone: String = "16505551234"
    ) -> String {
        value(
            #""messages":[{"from":"\#(phone)","id":"\#(wamid)","timestamp":"\#(time)","type":"reaction","#
                + #""reaction":{"message_id":"\#(target)","emoji":"\#(emoji ?? "")"}}]"#)
    }

    static func status(_ wamid: String, _ status: String, number: String = "100") -> String {
        value(
            #""statuses":[{"id":"\#(wamid)","status":"\#(status)","timestamp":"1700000001","recipient_id":"16505551234"}]"#,
            number: number)
    }

    /// A message that the business itself sent from its app.
    static func echo(
        _ wamid: String, to phone: String = "16505551234", userID: String? = nil, at time: Int = 1_700_000_000
    ) -> String {
        let user = userID.map { #","to_user_id":"\#($0)""# } ?? ""
        return
            #"{"object":"whatsapp_business_account","entry":[{"id":"waba-1","changes":[{"field":"smb_message_echoes","value":{"#
            + #""messaging_product":"whatsapp","metadata":{"display_phone_number":"1555","phone_number_id":"100"},"#
            + #""message_echoes":[{"from":"1555","to":"\#(phone)"\#(user),"id":"\#(wamid)","timestamp":"\#(time)","#
            + #""type":"text","text":{"body":"ours"}}]}}]}]}"#
    }
}
