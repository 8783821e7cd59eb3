/// Whom a message goes to, as Meta is told.
public enum Recipient: Sendable, Hashable {
    /// `+` and E.164 digits. Without the plus Meta would put the sender's own country code before it.
    case phone(String)
    /// A business-scoped user id (BSUID), such as `US.13491208655302741918`.
    case user(String)

    static let phoneExpectation = "expected a phone number with + and country code, such as +16505551234"
    static let userExpectation = "expected a business-scoped user id, such as US.13491208655302741918"

    /// Reads a phone number, in which people also write spaces, hyphens, dots and brackets. Nil if there is no `+`, or
    /// not 7 to 15 digits after it, or a country code that begins with 0.
    public init?(phone text: String) {
        guard text.utf8.first == UInt8(ascii: "+"), text.utf8.count <= 40 else { return nil }
        var digits: [UInt8] = []
        for byte in text.utf8.dropFirst() {
            if byte &- UInt8(ascii: "0") < 10 {
                digits.append(byte)
            } else if !" -().".utf8.contains(byte) {
                return nil
            }
        }
        guard (7...15).contains(digits.count), digits.first != UInt8(ascii: "0") else { return nil }
        self = .phone("+" + String(decoding: digits, as: UTF8.self))
    }

    /// Reads a business-scoped user id: two capitals, a dot, then up to 128 letters and digits, with `ENT.` before them
    /// for a parent business.
    public init?(user text: String) {
        var rest = Substring(text).utf8
        guard let first = rest.popFirst(), let second = rest.popFirst(), Self.isCapital(first),
            Self.isCapital(second), rest.popFirst() == UInt8(ascii: ".")
        else { return nil }
        if rest.starts(with: "ENT.".utf8) { rest = rest.dropFirst(4) }
        guard (1...128).contains(rest.count),
            rest.allSatisfy({
                $0 &- UInt8(ascii: "0") < 10 || Self.isCapital($0) || $0 &- UInt8(ascii: "a") < 26
            })
        else { return nil }
        self = .user(text)
    }

    /// Reads either of the two, as the row keeps it.
    public init?(text: String) {
        if let phone = Recipient(phone: text) {
            self = phone
        } else if let user = Recipient(user: text) {
            self = user
        } else {
            return nil
        }
    }

    /// As the row keeps it: `+E.164`, or the BSUID.
    public var text: String {
        switch self {
        case .phone(let text), .user(let text): text
        }
    }

    /// The digits by which a conversation knows a phone number; nil for a BSUID.
    var phoneDigits: String? {
        switch self {
        case .phone(let text): String(text.dropFirst())
        case .user: nil
        }
    }

    var userID: String? {
        switch self {
        case .phone: nil
        case .user(let text): text
        }
    }

    /// A recipient's end, by which those who know them recognise them.
    static func shortened(_ text: String) -> String { "…" + text.suffix(4) }

    /// A text without the recipient, such as the key that we make for a quote link, which ends in them.
    static func shortened(_ recipient: String?, in text: String) -> String {
        guard let recipient, !recipient.isEmpty else { return text }
        let digits = recipient.hasPrefix("+") ? String(recipient.dropFirst()) : recipient
        return text.replacing(recipient, with: shortened(recipient)).replacing(digits, with: shortened(digits))
    }

    private static func isCapital(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "A") < 26 }
}
