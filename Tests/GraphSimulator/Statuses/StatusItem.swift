/// One status of one message, as an element of a webhook's `statuses`.
struct StatusItem: Sendable {
    var status: String
    var wamid: String
    /// As in `AcceptedSend.whatsAppID`.
    var recipient: String
    var callbackData: String?
    var error: GraphError?
    var number: BusinessNumber

    /// - Parameter timestamp: Seconds since 1970.
    func json(timestamp: Int) -> MetaJSON {
        let isPhone = recipient.utf8.first.map { $0 >= 0x30 && $0 <= 0x39 } ?? false
        return .members([
            ("id", .string(wamid)), ("status", .string(status)), ("timestamp", .string(String(timestamp))),
            (isPhone ? "recipient_id" : "recipient_user_id", .string(recipient)),
            ("biz_opaque_callback_data", callbackData.map(MetaJSON.string)),
            ("errors", error.map { .array([$0.inStatus]) }),
        ])
    }
}
