import NIOCore
import WebhookSignature

/// The query of Meta's handshake: `hub.mode=subscribe&hub.challenge=…&hub.verify_token=…`
/// (developers.facebook.com, "Create a webhook endpoint").
struct HandshakeQuery {
    private static let names = ["hub.mode", "hub.verify_token", "hub.challenge"]

    /// Answers the handshake.
    /// - Parameter query: What follows the `?`; empty if there is none.
    static func answer(_ query: Substring, token: HandshakeToken) -> Answer {
        var values: [String: [UInt8]] = [:]
        for pair in query.split(separator: "&", omittingEmptySubsequences: true) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decoded(parts[0]), let value = decoded(parts.count > 1 ? parts[1] : "") else {
                return refuse("the query holds a % that is not followed by two hexadecimal digits")
            }
            guard let known = names.first(where: { $0.utf8.elementsEqual(name) }) else { continue }
            guard values.updateValue(value, forKey: known) == nil else { return refuse("\(known) is there twice") }
        }
        let missing = names.filter { values[$0] == nil }
        guard missing.isEmpty, let mode = values["hub.mode"], let presented = values["hub.verify_token"],
            let challenge = values["hub.challenge"]
        else {
            return refuse(
                "this address answers Meta's webhook handshake; missing in the query: \(missing.joined(separator: ", "))"
            )
        }
        // The token is compared whatever the mode, so that the time tells nothing about either.
        let tokenMatches = String(validating: presented, as: UTF8.self).map(token.matches) ?? false
        guard tokenMatches, mode.elementsEqual("subscribe".utf8) else { return .refusal(.handshakeRefused) }
        return .challenge(ByteBuffer(bytes: challenge))
    }

    private static func refuse(_ reason: String) -> Answer {
        .refusal(.handshakeIncomplete(reason))
    }

    /// Undoes the encoding of query parameters: `+` is a space, `%XX` a byte. Nil for a stray `%`.
    private static func decoded(_ text: Substring) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(hexadecimal), let low = rest.popFirst().flatMap(hexadecimal)
                else { return nil }
                bytes.append(high << 4 | low)
            case _: bytes.append(byte)
            }
        }
        return bytes
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case _: nil
        }
    }
}
