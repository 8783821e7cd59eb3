/// Everything that one body brought: at least one item, and each of Meta's items exactly once.
public struct WebhookContents: Sendable {
    /// In the order of the body; within one change messages come first, then echoes, statuses, errors and what is left.
    public internal(set) var items: [WebhookItem] = []
    /// The changes that the items came in. Their ranges follow one another and cover `items` without a gap.
    public internal(set) var changes: [WebhookChange] = []

    init() {}
}

public indirect enum WebhookItem: Sendable {
    case message(InboundMessage)
    case status(StatusUpdate)
    case event(AccountEvent)

    /// The item's exact bytes.
    public var raw: RawJSON {
        switch self {
        case .message(let message): message.raw
        case .status(let status): status.raw
        case .event(let event): event.raw
        }
    }

    /// The number that the item was sent to or from, where its change names one.
    public var phoneNumberID: String? {
        switch self {
        case .message(let message): message.phoneNumberID
        case .status(let status): status.phoneNumberID
        case .event(let event): event.phoneNumberID
        }
    }
}

/// One element of `entry[].changes[]`. An entry that holds no readable change stands here as one, so that every item
/// belongs to a change.
public struct WebhookChange: Sendable {
    /// The WhatsApp Business Account: `entry[].id`.
    public let wabaID: String?
    /// `entry[].time`, in seconds since 1970; absent on `messages`.
    public let time: Int64?
    /// As Meta wrote it; `unreadable` where there is none.
    public let field: String
    /// `value.metadata.phone_number_id`.
    public let phoneNumberID: String?
    /// The change's exact bytes. With `wabaID` and `time` they can be parsed again by `WebhookParser.parse(change:…)`.
    public let raw: RawJSON
    /// Its items: indices into `WebhookContents.items`.
    public internal(set) var items: Range<Int>
}
