import Foundation
import NIOCore
import Testing

@testable import GraphClient

@Suite("Bodies of sends")
struct MessageBodyTests {
    /// Everything that JSON must escape, and what must stay as it is.
    static let nasty = "\"quoted\" back\\slash / \n\r\t \u{01}\u{1F}\u{7F} ä 🪟 \u{2028} </script> \u{0}"

    @Test("A quote link is an interactive message with one URL button")
    func quoteLink() throws {
        let message = GraphMessage.quoteLink(
            to: .phone("+16505551234"), body: Self.nasty, button: "View \"it\"", url: "https://q.example/a?b=c&d",
            replyTo: "wamid.1")
        #expect(
            try json(message) == [
                "messaging_product": "whatsapp", "recipient_type": "individual", "to": "+16505551234",
                "context": ["message_id": "wamid.1"], "type": "interactive",
                "interactive": [
                    "type": "cta_url", "body": ["text": Self.nasty],
                    "action": [
                        "name": "cta_url",
                        "parameters": ["display_text": "View \"it\"", "url": "https://q.example/a?b=c&d"],
                    ],
                ],
                "biz_opaque_callback_data": "01J.1",
            ] as NSDictionary)
    }

    @Test("A text says whether its link is previewed", arguments: [true, false])
    func text(previewURL: Bool) throws {
        let message = GraphMessage.text(
            to: .user("US.13491208655302741918"), body: "https://q.example", previewURL: previewURL, replyTo: nil)
        #expect(
            try json(message) == [
                "messaging_product": "whatsapp", "recipient_type": "individual",
                "recipient": "US.13491208655302741918", "type": "text",
                "text": ["body": "https://q.example", "preview_url": previewURL],
                "biz_opaque_callback_data": "01J.1",
            ] as NSDictionary)
    }

    @Test("A template has components only for what is filled in")
    func template() throws {
        let body: NSDictionary = [
            "type": "body", "parameters": [["type": "text", "text": "Ana"], ["type": "text", "text": Self.nasty]],
        ]
        let button: NSDictionary = [
            "type": "button", "sub_type": "url", "index": "0", "parameters": [["type": "text", "text": "Q-1"]],
        ]
        let cases: [([String], String?, [NSDictionary]?)] = [
            ([], nil, nil), (["Ana", Self.nasty], nil, [body]), ([], "Q-1", [button]),
            (["Ana", Self.nasty], "Q-1", [body, button]),
        ]
        for (variables, suffix, components) in cases {
            let template = NSMutableDictionary(dictionary: ["name": "quote_ready", "language": ["code": "en_US"]])
            if let components { template["components"] = components }
            let message = GraphMessage.template(
                to: .phone("+16505551234"), name: "quote_ready", language: "en_US", variables: variables,
                urlSuffix: suffix)
            #expect(
                try json(message) == [
                    "messaging_product": "whatsapp", "recipient_type": "individual", "to": "+16505551234",
                    "type": "template", "template": template, "biz_opaque_callback_data": "01J.1",
                ] as NSDictionary)
        }
    }

    @Test("A number always goes out with its plus sign: without it Meta would prepend the business's country code")
    func plusSign() throws {
        for number in ["+16505551234", "16505551234"] {
            let body = try json(.text(to: .phone(number), body: "x", previewURL: false, replyTo: nil))
            #expect(body["to"] as? String == "+16505551234")
        }
    }

    private func json(_ message: GraphMessage) throws -> NSDictionary {
        let buffer = message.body(callbackData: "01J.1")
        return try #require(try JSONSerialization.jsonObject(with: Data(buffer.readableBytesView)) as? NSDictionary)
    }
}
