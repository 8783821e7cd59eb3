internal import LenientJSON

/// What is left of a JSON text without a customer. Each object that names them in a member of its own, such as a
/// message's `from` or a contact's `wa_id`, becomes `null`; what else is in the text stays byte for byte.
struct PayloadRedaction {
    enum Outcome: Equatable {
        case untouched
        /// Nothing is left, or it could not be told what is theirs.
        case removed
        case replaced([UInt8])
    }

    /// Numbers and ids by which the customer is known, as UTF-8.
    let names: [[UInt8]]

    init(identities: Set<String>) {
        // Short texts stand everywhere.
        names = identities.filter { $0.utf8.count >= 6 }.map { Array($0.utf8) }
    }

    func apply(to payload: [UInt8]) -> Outcome {
        guard payload.withUnsafeBytes(holdsName) else { return .untouched }
        var parser = JSONParser()
        let ranges = try? parser.withDocument(payload) { root in
            var ranges: [Range<Int>] = []
            collect(root, &ranges)
            return ranges
        }
        guard let ranges, ranges != [0..<payload.count] else { return .removed }
        var rest: [UInt8] = []
        rest.reserveCapacity(payload.count)
        var position = 0
        for range in ranges {
            rest += payload[position..<range.lowerBound]
            rest += Array("null".utf8)
            position = range.upperBound
        }
        rest += payload[position...]
        // Names that stand where no value is, in a key for example: then nothing can stay.
        return rest.withUnsafeBytes(holdsName) || ranges.isEmpty ? .removed : .replaced(rest)
    }

    /// Whether one of the names stands somewhere in the bytes.
    func holdsName(_ bytes: UnsafeRawBufferPointer) -> Bool {
        names.contains { name in
            guard let first = name.first, bytes.count >= name.count else { return false }
            var index = 0
            let last = bytes.count - name.count
            while index <= last {
                if bytes[index] == first, bytes[index..<index + name.count].elementsEqual(name) { return true }
                index += 1
            }
            return false
        }
    }

    /// The ranges of what is theirs, in order. A text has no deeper nesting than the parser allows.
    private func collect(_ value: JSONValue, _ ranges: inout [Range<Int>]) {
        guard holdsName(value.rawBytes) else { return }
        switch value.kind {
        case .array:
            for element in value.elements { collect(element, &ranges) }
        case .object:
            let isTheirs = value.members.contains { key, member in
                holdsName(key.rawBytes) || !(member.isArray || member.isObject) && holdsName(member.rawBytes)
            }
            if isTheirs {
                ranges.append(value.sourceRange)
            } else {
                for (_, member) in value.members { collect(member, &ranges) }
            }
        case .string, .number, .boolean, .null:
            ranges.append(value.sourceRange)
        }
    }
}
