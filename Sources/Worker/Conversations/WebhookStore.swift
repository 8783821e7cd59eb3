internal import Identifiers
internal import OpenSSLKit
public import Postgres
internal import WhatsAppPayload

/// Stores items in one transaction with a handful of set-based statements, however many there are.
///
/// Idempotent: each table's unique key is in the same statement as its row, so an item that comes again changes nothing.
/// Rows enter each table in key order, so that two workers with the same items wait for one another instead of
/// deadlocking.
public struct WebhookStore: Sendable {
    public init() {}

    /// - Parameters:
    ///   - items: in the order in which they were accepted.
    ///   - now: Unix milliseconds; stamps the messages' identifiers.
    /// - Throws: `PostgresError`; the caller's transaction must then be rolled back.
    public func store(
        _ items: [IncomingItem], now: Int64, in session: PostgresSession
    ) throws(PostgresError) -> StoredItems {
        try StorageSession.prepare(session)
        let routing = try TenantRouting.load(for: items, in: session)
        var stored = StoredItems()
        var messages: [RoutedMessage] = []
        var statuses: [RoutedStatus] = []
        var events = EventRows()
        var calls: [RoutedCall] = []
        var unrouted = UnroutedRows()
        for item in items {
            let tenant = routing.tenant(of: item)
            if tenant == nil, item.item.phoneNumberID != nil {
                unrouted.append(item)
                stored.unrouted += 1
                continue
            }
            switch (item.item, tenant) {
            case (.message(let message), .some(let tenant)) where message.customer.isIdentified:
                messages.append(RoutedMessage(tenant: tenant, message: message, receivedAt: item.receivedAt))
            case (.status(let status), .some(let tenant)):
                statuses.append(RoutedStatus(tenant: tenant, status: status))
            case (.event(let event), .some(let tenant)) where !event.calls.isEmpty:
                let hash = event.contentHash.bytes
                calls += event.calls.map { RoutedCall(tenant: tenant, call: $0, hash: hash) }
                events.append(item, tenant: tenant)
            case (.message, _), (.status, _), (.event, _):
                events.append(item, tenant: tenant)
            }
        }
        stored.messages = messages.count
        stored.statuses = statuses.count
        stored.events = events.count
        try ErasedMessages.drop(from: &messages, &statuses, tenants: routing.erasers, in: session)
        try ErasedMessages.drop(from: &calls, &events, tenants: routing.erasers, in: session)
        try StatusLock.take(for: messages, statuses, in: session)
        try MessageTable.insert(&messages, beside: calls, now: now, in: session)
        try MessageChanges.apply(messages, in: session)
        try StatusTable.insert(&statuses, in: session)
        try StatusTable.apply(to: messages, statuses, in: session)
        try events.insert(in: session)
        try unrouted.insert(in: session)
        return stored
    }

    /// Keeps an item that could not be stored as what it is: as an event, raw, with the reason in its field.
    public func keepRaw(_ item: IncomingItem, in session: PostgresSession) throws(PostgresError) {
        let routing = try TenantRouting.load(for: [item], in: session)
        var events = EventRows()
        events.append(item, tenant: routing.tenant(of: item), field: "unstorable")
        try events.insert(in: session)
    }
}
