/// A message that the simulator accepted.
public struct AcceptedSend: Sendable, Equatable {
    public var wamid: String
    public var phoneNumberID: String
    /// `to` as it was sent, or the BSUID in `recipient`.
    public var recipient: String
    public var type: String
    /// `biz_opaque_callback_data`
    public var callbackData: String?
    /// Milliseconds since 1970.
    public var acceptedAt: Int64
    public var body: [UInt8]

    /// The recipient as Meta writes it in webhooks: a phone number without its plus sign.
    var whatsAppID: String {
        recipient.utf8.first == UInt8(ascii: "+") ? String(recipient.dropFirst()) : recipient
    }
}
