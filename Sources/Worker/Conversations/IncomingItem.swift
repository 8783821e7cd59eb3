public import WhatsAppPayload

/// One item on its way into the database, with the change that it came in.
public struct IncomingItem: Sendable {
    public let item: WebhookItem
    public let change: WebhookChange
    /// Unix milliseconds at which Ingress accepted the webhook; from 1970 up to the end of the year 9999.
    public let receivedAt: Int64
    private static let receptionTimes: ClosedRange<Int64> = 0...253_402_300_799_999

    /// - Parameter receivedAt: out of the element's header, which anybody with access to Redis may have written: a time
    ///   that no calendar has is moved to the nearest that Postgres takes, so that it never overflows.
    public init(item: WebhookItem, change: WebhookChange, receivedAt: Int64) {
        self.item = item
        self.change = change
        self.receivedAt = min(max(receivedAt, Self.receptionTimes.lowerBound), Self.receptionTimes.upperBound)
    }

    /// Everything that one body brought, in its order.
    public static func all(of contents: WebhookContents, receivedAt: Int64) -> [IncomingItem] {
        contents.changes.flatMap { change in
            contents.items[change.items].map { IncomingItem(item: $0, change: change, receivedAt: receivedAt) }
        }
    }
}

/// What a batch brought, counted by where it went. Repeated deliveries count again.
public struct StoredItems: Sendable, Equatable {
    public var messages = 0
    public var statuses = 0
    public var events = 0
    /// Items of numbers that no tenant has.
    public var unrouted = 0

    public init() {}
}
