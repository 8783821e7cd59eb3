import NIOHTTP1

/// What Ingress wants to know from a request's header fields, found in one pass.
struct HeaderFields {
    enum Expectation: Equatable {
        case none
        case continueAnswer
        case unknown
    }

    var hosts = 0
    var signatures = 0
    /// The first signature header's value.
    var signature = ""
    /// Of `Content-Length`; nil if there is none. The HTTP parser has checked that it is a single number.
    var contentLength: Int?
    var isChunked = false
    var expectation = Expectation.none
    /// A valid `traceparent`; a malformed or doubled one counts as none.
    var trace: String?
    /// Whether the request asks for another protocol: then the HTTP parser stops after it.
    var wantsUpgrade = false

    init(_ headers: HTTPHeaders) {
        var traces = 0
        for (name, value) in headers {
            // Lengths first: most names are told apart without looking at a character.
            switch name.utf8.count {
            case 4 where name.isHeader("host"):
                hosts += 1
            case 6 where name.isHeader("expect"):
                let isContinue = value.withoutTrailingBlanks.isHeader("100-continue")
                expectation = isContinue && expectation != .unknown ? .continueAnswer : .unknown
            case 7 where name.isHeader("upgrade"):
                wantsUpgrade = true
            case 11 where name.isHeader("traceparent"):
                traces += 1
                let value = value.withoutTrailingBlanks
                if TraceParent.isValid(value) { trace = value }
            case 14 where name.isHeader("content-length"):
                contentLength = Int(value.withoutTrailingBlanks) ?? .max
            case 17 where name.isHeader("transfer-encoding"):
                isChunked = true
            case 19 where name.isHeader("x-hub-signature-256"):
                signatures += 1
                if signatures == 1 { signature = value.withoutTrailingBlanks }
            case _:
                break
            }
        }
        if traces > 1 { trace = nil }
    }
}

extension String {
    /// Whether this is `name` (in lower case) in any mix of cases; ASCII only, as header field names are.
    fileprivate func isHeader(_ name: StaticString) -> Bool {
        let expected = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        // Within the call the pointers are valid: a StaticString's storage lives as long as the process.
        guard utf8.count == expected.count else { return false }
        let result = utf8.withContiguousStorageIfAvailable { actual in
            for index in 0..<expected.count where actual[index].lowercasedASCII != expected[index] { return false }
            return true
        }
        return result ?? false
    }

    /// White space after a value is not part of it (RFC 9112, section 5.1); the parser leaves it there.
    fileprivate var withoutTrailingBlanks: String {
        guard utf8.last == UInt8(ascii: " ") || utf8.last == UInt8(ascii: "\t") else { return self }
        let end = utf8.lastIndex { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
        return end.map { String(self[...$0]) } ?? ""
    }
}

extension UInt8 {
    fileprivate var lowercasedASCII: UInt8 {
        self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") ? self | 0x20 : self
    }
}
