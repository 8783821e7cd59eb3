import LenientJSON

/// How identifiers and times are read wherever they stand.
extension JSONValue {
    /// Ids end in database indexes, whose rows are bounded: what is longer than this is no id of Meta's.
    static let longestIdentifier = 512

    /// A text (or number) that is neither empty nor longer than an identifier may be.
    var identifier: String? {
        guard let text = lenientText, !text.isEmpty, text.utf8.count <= Self.longestIdentifier else { return nil }
        return text
    }

    /// The text of a member that is an identifier.
    func identifier(_ key: StaticString) -> String? {
        self[key]?.identifier
    }

    /// The text of a member, if it has one that is not empty.
    func text(_ key: StaticString) -> String? {
        guard let text = self[key]?.lenientText, !text.isEmpty else { return nil }
        return text
    }

    /// Seconds since 1970 out of a number or string, cut to whole ones; milliseconds are told by their size. Nil unless the
    /// time lies after 1970 and before the year 10000.
    var timestamp: Int64? {
        guard let number = lenientInt64 ?? wholePart, number > 0 else { return nil }
        let endOfYear9999: Int64 = 253_402_300_799
        if number <= endOfYear9999 { return number }
        return number / 1000 <= endOfYear9999 ? number / 1000 : nil
    }

    private var wholePart: Int64? {
        guard let text = lenientText, text.utf8.count <= 40, let number = Double(text) else { return nil }
        return Int64(exactly: number.rounded(.towardZero))
    }
}

/// Tells phone numbers and business-scoped user ids apart, because either may stand where the other one is due.
enum PersonIdentifier {
    /// Two capitals, a dot, then up to 128 letters and digits, with `ENT.` before them for a parent business.
    static func isUserID(_ text: String) -> Bool {
        var text = Substring(text).utf8
        guard let first = text.popFirst(), let second = text.popFirst(), isCapital(first), isCapital(second),
            text.popFirst() == UInt8(ascii: ".")
        else { return false }
        if text.starts(with: "ENT.".utf8) { text = text.dropFirst(4) }
        return !text.isEmpty && text.count <= 128 && text.allSatisfy(isLetterOrDigit)
    }

    /// A phone number's digits; text that is no phone number as it is.
    static func waID(_ text: String) -> String {
        if text.utf8.allSatisfy(isDigit) { return text }
        guard text.utf8.allSatisfy({ isDigit($0) || "+ -().".utf8.contains($0) }) else { return text }
        let digits = text.utf8.filter(isDigit)
        return digits.count >= 5 ? String(decoding: digits, as: UTF8.self) : text
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
    private static func isCapital(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "A") < 26 }
    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || isCapital(byte) || byte &- UInt8(ascii: "a") < 26
    }
}

extension Customer {
    /// Reads identities: `phone` is a WhatsApp id or, on some webhooks, a BSUID.
    init(phone: JSONValue?, userID: JSONValue?, parentUserID: JSONValue?) {
        self.userID = userID?.identifier
        self.parentUserID = parentUserID?.identifier
        guard let text = phone?.identifier else { return }
        if PersonIdentifier.isUserID(text) {
            self.userID = self.userID ?? text
        } else {
            waID = PersonIdentifier.waID(text)
        }
    }
}
