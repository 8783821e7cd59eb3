/// What is neither a message nor a status with an id: account and template fields, errors, and whatever could not be read.
/// Kept with its exact bytes.
public struct AccountEvent: Sendable {
    public enum Reason: String, Sendable {
        /// A field other than messages and echoes.
        case field = "a field that is kept as an event"
        /// An element of `value.errors`.
        case error = "an error that WhatsApp reported"
        /// A message or status whose `id` (or a status whose `status`) is missing, empty, no text or longer than 512 bytes.
        case withoutID = "a message or status that cannot be told from others"
        /// Something stands where an object or array should.
        case unreadable = "a part of the webhook whose shape is unknown"
        /// An entry without changes, or a change without items.
        case withoutItems = "a part of the webhook that holds no items"
        /// An array or object beside those that Meta documents.
        case unknownMember = "a part of the webhook that is not documented"
    }

    public let wabaID: String?
    public let phoneNumberID: String?
    /// The change's `field`; `errors` for an error; `<field>.<key>` for an unknown member; `unreadable` where there is
    /// none. At most 512 bytes.
    public let field: String
    /// Seconds since 1970: `entry[].time`, or the item's own timestamp.
    public let time: Int64?
    public let reason: Reason
    public let raw: RawJSON
    /// What the field `calls` tells of calls that customers made.
    public var calls: [CustomerCall] = []
}
