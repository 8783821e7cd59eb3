/// Reads the header of a queue element in the exact form in which this code writes it: no spaces, `v` first, `payload`
/// last. Keys it does not know are kept, so that a neighbouring version's fields survive.
struct JobHeaderReader {
    /// Unix milliseconds up to the end of the year 9999. What lies outside is no time, and arithmetic with it could overflow.
    private static let times: ClosedRange<Int64> = 0...253_402_300_799_999
    /// More failures or crashes than this are no count.
    private static let mostCounted = 1_000_000_000

    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    private var versionIsRead = false

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// Of another version only `v` is sure to stand where this one has it; what else can be read is read.
    mutating func read() throws(JobElementError) -> (header: JobHeader, payload: Range<Int>) {
        var header = JobHeader(id: "", type: "", receivedAt: 0)
        do throws(JobElementError) {
            let payload = try read(into: &header)
            return (header, payload)
        } catch {
            guard versionIsRead, header.version != JobHeader.currentVersion else { throw error }
            return (header, bytes.count..<bytes.count)
        }
    }

    private mutating func read(into header: inout JobHeader) throws(JobElementError) -> Range<Int> {
        try expect(UInt8(ascii: "{"))
        guard try string() == "v" else { throw failure("an element begins with its version") }
        try expect(UInt8(ascii: ":"))
        guard let version = Int(exactly: try integer()) else { throw failure("version out of range") }
        (header.version, versionIsRead) = (version, true)
        var seen = (id: false, type: false, receivedAt: false)
        while true {
            try expect(UInt8(ascii: ","))
            let key = try string()
            try expect(UInt8(ascii: ":"))
            switch key {
            case "id": (header.id, seen.id) = (try string(), true)
            case "type": (header.type, seen.type) = (try string(), true)
            case "received_at": (header.receivedAt, seen.receivedAt) = (try time(), true)
            case "attempt": header.attempt = try count()
            case "crashes": header.crashes = try count()
            case "trace": header.trace = try string()
            case "sig": header.signature = try string()
            case "error": header.error = try failureObject()
            case "payload":
                guard seen.id, seen.type, seen.receivedAt else { throw failure("id, type or received_at is missing") }
                guard bytes.count > position, bytes.last == UInt8(ascii: "}") else {
                    throw failure("the element does not end with a brace")
                }
                return position..<bytes.count - 1
            case let other: header.unknown.append(.init(key: other, rawValue: try rawValue()))
            }
        }
    }

    private func failure(_ reason: String) -> JobElementError {
        JobElementError(reason: reason, offset: position)
    }

    private mutating func expect(_ byte: UInt8) throws(JobElementError) {
        guard position < bytes.count, bytes[position] == byte else {
            throw failure("expected '\(Character(Unicode.Scalar(byte)))'")
        }
        position += 1
    }

    private mutating func integer() throws(JobElementError) -> Int64 {
        let start = position
        if position < bytes.count, bytes[position] == UInt8(ascii: "-") { position += 1 }
        while position < bytes.count, case UInt8(ascii: "0")...UInt8(ascii: "9") = bytes[position] { position += 1 }
        guard let value = Int64(String(decoding: bytes[start..<position], as: UTF8.self)) else {
            throw failure("expected a whole number")
        }
        return value
    }

    private mutating func count() throws(JobElementError) -> Int {
        guard let value = Int(exactly: try integer()), (0...Self.mostCounted).contains(value) else {
            throw failure("expected a count")
        }
        return value
    }

    private mutating func time() throws(JobElementError) -> Int64 {
        let value = try integer()
        guard Self.times.contains(value) else { throw failure("expected a time in milliseconds since 1970") }
        return value
    }

    /// A JSON string; the common one without escapes is decoded in one step.
    private mutating func string() throws(JobElementError) -> String {
        let end = try endOfString()
        let inner = bytes[(position + 1)..<(end - 1)]
        defer { position = end }
        guard inner.contains(UInt8(ascii: "\\")) else { return String(decoding: inner, as: UTF8.self) }
        return try unescape(inner)
    }

    /// The index after the closing quote of the string that starts here.
    private func endOfString() throws(JobElementError) -> Int {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { throw failure("expected a string") }
        var index = position + 1
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""): return index + 1
            case UInt8(ascii: "\\"): index += 2
            case _: index += 1
            }
        }
        throw failure("unterminated string")
    }

    private func unescape(_ inner: Slice<UnsafeRawBufferPointer>) throws(JobElementError) -> String {
        var units: [UInt16] = []
        var plain: [UInt8] = []
        func flush() {
            units.append(contentsOf: String(decoding: plain, as: UTF8.self).utf16)
            plain.removeAll(keepingCapacity: true)
        }
        var index = inner.startIndex
        while index < inner.endIndex {
            guard inner[index] == UInt8(ascii: "\\") else {
                plain.append(inner[index])
                index += 1
                continue
            }
            guard index + 1 < inner.endIndex else { throw failure("unterminated escape") }
            let escape = inner[index + 1]
            index += 2
            switch escape {
            case UInt8(ascii: "n"): plain.append(0x0A)
            case UInt8(ascii: "t"): plain.append(0x09)
            case UInt8(ascii: "r"): plain.append(0x0D)
            case UInt8(ascii: "b"): plain.append(0x08)
            case UInt8(ascii: "f"): plain.append(0x0C)
            case UInt8(ascii: "u"):
                guard index + 4 <= inner.endIndex,
                    let unit = UInt16(String(decoding: inner[index..<index + 4], as: UTF8.self), radix: 16)
                else { throw failure("bad unicode escape") }
                flush()
                units.append(unit)
                index += 4
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): plain.append(escape)
            case _: throw failure("unknown escape")
            }
        }
        flush()
        return String(decoding: units, as: UTF16.self)
    }

    private mutating func failureObject() throws(JobElementError) -> JobFailure {
        var result = JobFailure(code: "", text: "")
        try expect(UInt8(ascii: "{"))
        while true {
            let key = try string()
            try expect(UInt8(ascii: ":"))
            switch key {
            case "code": result.code = try string()
            case "text": result.text = try string()
            case _: _ = try rawValue()
            }
            if position < bytes.count, bytes[position] == UInt8(ascii: "}") {
                position += 1
                return result
            }
            try expect(UInt8(ascii: ","))
        }
    }

    /// The text of a value of any kind, found by counting brackets outside strings.
    private mutating func rawValue() throws(JobElementError) -> String {
        let start = position
        var depth = 0
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position = try endOfString()
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 {
                    guard position > start else { throw failure("expected a value") }
                    return String(decoding: bytes[start..<position], as: UTF8.self)
                }
                if bytes[position] != UInt8(ascii: ",") { depth -= 1 }
            case _: break
            }
            position += 1
        }
        throw failure("unterminated value")
    }
}
