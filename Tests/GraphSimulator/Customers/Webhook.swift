import OpenSSLKit
import Synchronization
import TestSupport

/// A webhook's body as Meta would send it, and the id that Meta gave its message.
public struct Webhook: Sendable {
    public let body: [UInt8]
    /// The `wamid` of the one message in it.
    public let wamid: String

    /// A message of a customer to a business.
    /// - Parameters:
    ///   - wamid: The message's id; a fresh one if nil.
    ///   - repliesTo: The wamid that it answers.
    ///   - timestamp: Seconds since 1970.
    public init(
        _ message: CustomerMessage, from customer: Customer, to number: BusinessNumber, wamid: String? = nil,
        repliesTo: String? = nil, timestamp: Int
    ) {
        let wamid = wamid ?? Webhook.freshWamid()
        let context = repliesTo.map {
            MetaJSON.object([("from", .string(number.displayPhoneNumber)), ("id", .string($0))])
        }
        let item = MetaJSON.members([
            ("context", context), ("from", customer.waID.map(MetaJSON.string)),
            ("from_user_id", customer.userID.map(MetaJSON.string)), ("id", .string(wamid)),
            ("timestamp", .string(String(timestamp))), ("type", .string(message.type)), (message.type, message.body),
        ])
        let contact = MetaJSON.members([
            (
                "profile",
                .members([("name", .string(customer.name)), ("username", customer.username.map(MetaJSON.string))])
            ),
            ("wa_id", customer.waID.map(MetaJSON.string)), ("user_id", customer.userID.map(MetaJSON.string)),
        ])
        self.init(
            value: [("contacts", .array([contact])), ("messages", .array([item]))], number: number, wamid: wamid)
    }

    /// What became of a message that the business sent.
    /// - Parameters:
    ///   - status: `sent`, `delivered`, `read`, `played`, `failed` or whatever Meta thinks of next.
    ///   - callbackData: The send's `biz_opaque_callback_data`.
    public init(
        status: String, of wamid: String, by customer: Customer, for number: BusinessNumber,
        callbackData: String? = nil, errors: MetaJSON? = nil, timestamp: Int
    ) {
        let item = MetaJSON.members([
            ("id", .string(wamid)), ("status", .string(status)), ("timestamp", .string(String(timestamp))),
            ("recipient_id", customer.waID.map(MetaJSON.string)),
            ("recipient_user_id", customer.userID.map(MetaJSON.string)),
            ("biz_opaque_callback_data", callbackData.map(MetaJSON.string)), ("errors", errors),
        ])
        self.init(value: [("statuses", .array([item]))], number: number, wamid: wamid)
    }

    /// Several statuses of one number's messages.
    init(statuses: [StatusItem], timestamp: Int) {
        self.init(
            value: [("statuses", .array(statuses.map { $0.json(timestamp: timestamp) }))],
            number: statuses.first?.number ?? BusinessNumber(), wamid: statuses.first?.wamid ?? "")
    }

    private init(value: [(String, MetaJSON)], number: BusinessNumber, wamid: String) {
        let metadata = MetaJSON.object([
            ("display_phone_number", .string(number.displayPhoneNumber)),
            ("phone_number_id", .string(number.phoneNumberID)),
        ])
        let change = MetaJSON.object([
            ("value", .object([("messaging_product", .string("whatsapp")), ("metadata", metadata)] + value)),
            ("field", .string("messages")),
        ])
        let entry = MetaJSON.object([("id", .string(number.wabaID)), ("changes", .array([change]))])
        let envelope = MetaJSON.object([
            ("object", .string("whatsapp_business_account")), ("entry", .array([entry])),
        ])
        body = envelope.bytes
        self.wamid = wamid
    }

    /// An id of Meta's shape that no other message has.
    public static func freshWamid() -> String {
        let bytes = random.withLock { $0.bytes(30) }
        return "wamid.HBgL" + Base64.encode(bytes)
    }

    /// Seeded once: the system's own generator costs a call of the kernel for each number.
    private static let random = Mutex(SeededRandom(seed: UInt64.random(in: .min ... .max)))
}
