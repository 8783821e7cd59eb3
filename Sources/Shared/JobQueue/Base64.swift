/// Standard base64 with padding (RFC 4648, section 4), for elements that cannot be shown as they are.
enum Base64 {
    static func encode(_ bytes: some Collection<UInt8>) -> String {
        let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var rest = bytes[...]
        while !rest.isEmpty {
            let group = rest.prefix(3)
            rest = rest.dropFirst(3)
            var word = 0
            for byte in group { word = word << 8 | Int(byte) }
            word <<= 8 * (3 - group.count)
            for position in 0..<4 {
                let digit = alphabet.utf8Start[(word >> (18 - 6 * position)) & 63]
                text.append(position <= group.count ? digit : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
