/// What became of a message that the business sent.
public struct StatusUpdate: Sendable {
    public let wabaID: String?
    public let phoneNumberID: String?
    /// The message's id; never empty, at most 512 bytes.
    public let wamid: String
    /// As Meta wrote it; never empty, at most 512 bytes.
    public let status: String
    /// Seconds since 1970; nil where Meta's is missing or no time.
    public let timestamp: Int64?
    public let recipientWaID: String?
    public let recipientUserID: String?
    public let recipientParentUserID: String?
    /// `individual` or `group`, where Meta says it.
    public let recipientType: String?
    /// The group's id, where the recipient is a group.
    public let groupID: String?
    /// Which member of the group this status is about: a WhatsApp id, or a BSUID where there is none.
    public let participant: String?
    /// `biz_opaque_callback_data`, as it was given when sending.
    public let callbackData: String?
    public let conversationID: String?
    public let conversationOrigin: String?
    /// Seconds since 1970.
    public let conversationExpiry: Int64?
    public let pricing: StatusPricing?
    public let errors: [ReportedError]
    public let raw: RawJSON

    /// The status if it is one that the program knows.
    public var known: DeliveryStatus? { DeliveryStatus(rawValue: status) }
}

public struct StatusPricing: Sendable, Equatable {
    public let billable: Bool?
    /// `PMP`; `CBP` before 2025-07-01.
    public let model: String?
    public let type: String?
    public let category: String?
}

/// How far a message has come.
public enum DeliveryStatus: String, Sendable, CaseIterable {
    case queued, sending, accepted, sent, delivered, read, played, failed

    /// Statuses only move to a higher rank. Nil for `failed`, which stands aside: it ends an attempt.
    public var rank: Int? {
        switch self {
        case .queued: 1
        case .sending: 2
        case .accepted: 3
        case .sent: 4
        case .delivered: 5
        case .read: 6
        case .played: 7
        case .failed: nil
        }
    }
}
