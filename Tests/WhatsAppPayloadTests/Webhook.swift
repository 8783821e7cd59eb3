import Testing

@testable import WhatsAppPayload

/// Webhook bodies, built from the tables of Meta's pages.
enum Webhook {
    static let wabaID = "215589240001122"
    static let phoneNumberID = "330099887766554"
    static let displayPhoneNumber = "4915155500199"
    static let metadata = #""metadata":{"display_phone_number":"4915155500199","phone_number_id":"330099887766554"}"#
    static let contact = #"{"profile":{"name":"Ana Diaz","username":"ana.d"},"wa_id":"4915155500100"}"#

    static func body(entries: [String]) -> String {
        #"{"object":"whatsapp_business_account","entry":["# + entries.joined(separator: ",") + "]}"
    }

    static func entry(_ changes: [String], time: String? = nil) -> String {
        let time = time.map { #","time":\#($0)"# } ?? ""
        return #"{"id":"215589240001122"\#(time),"changes":["# + changes.joined(separator: ",") + "]}"
    }

    static func change(_ field: String = "messages", value: String) -> String {
        #"{"value":\#(value),"field":"\#(field)"}"#
    }

    /// A body with one change of the field `messages`, whose value has these members beside product and metadata.
    static func value(_ members: String, field: String = "messages") -> String {
        body(entries: [entry([change(field, value: #"{"messaging_product":"whatsapp",\#(metadata),\#(members)}"#)])])
    }

    /// A body with these messages and the usual contact.
    static func messages(_ messages: String...) -> String {
        value(#""contacts":[\#(contact)],"messages":[\#(messages.joined(separator: ","))]"#)
    }

    static func statuses(_ statuses: String...) -> String {
        value(#""statuses":[\#(statuses.joined(separator: ","))]"#)
    }

    /// A message of the usual customer.
    static func message(_ members: String, id: String = "wamid.IN1") -> String {
        #"{"from":"4915155500100","id":"\#(id)","timestamp":"1760000000",\#(members)}"#
    }

    static func parse(_ body: String) throws(WebhookRejection) -> WebhookContents {
        try parse(Array(body.utf8))
    }

    static func parse(_ body: [UInt8]) throws(WebhookRejection) -> WebhookContents {
        var parser = WebhookParser()
        return try parser.parse(body)
    }

    static func parsedMessage(_ members: String) throws -> InboundMessage {
        try #require(try parse(messages(message(members))).messages.first)
    }

    static func parsedStatus(_ members: String) throws -> StatusUpdate {
        try #require(try parse(statuses(members)).statuses.first)
    }
}

extension WebhookContents {
    var messages: [InboundMessage] {
        items.compactMap { if case .message(let message) = $0 { message } else { nil } }
    }

    var statuses: [StatusUpdate] {
        items.compactMap { if case .status(let status) = $0 { status } else { nil } }
    }

    var events: [AccountEvent] {
        items.compactMap { if case .event(let event) = $0 { event } else { nil } }
    }
}

extension RawJSON {
    var text: String { String(decoding: bytes, as: UTF8.self) }
}
