/// The files that Meta keeps, their addresses, and what goes wrong with them. Time is handed in.
struct MediaShelf: Sendable {
    private struct Address: Sendable {
        let file: String
        /// Of a clock that never jumps.
        let endsAt: Int64
    }

    /// Meta's page "Media": an address lives for five minutes.
    private static let addressLifetime: Int64 = 300_000

    private(set) var files: [String: SimulatedFile] = [:]
    private var addresses: [String: Address] = [:]
    private var faults: [String: (fault: MediaFault, times: Int)] = [:]
    /// By file.
    private(set) var lookUps: [String: Int] = [:]
    private(set) var downloads: [String: Int] = [:]

    mutating func put(_ file: SimulatedFile) {
        files[file.id] = file
    }

    /// - Parameter times: How often it strikes.
    mutating func strike(_ id: String, _ fault: MediaFault, times: Int) {
        faults[id] = (fault, times)
    }

    mutating func mend(_ id: String) {
        faults[id] = nil
    }

    /// What the look-up of a file answers.
    /// - Parameter host: The simulator's own, as it was asked for.
    mutating func lookUp(_ file: SimulatedFile, host: String, now: Int64) throws(GraphError) -> GraphAnswer {
        lookUps[file.id, default: 0] += 1
        var url = "http://\(host)/media/"
        switch faults[file.id]?.fault {
        case .gone:
            use(file.id)
            throw .unknownObject(file.id)
        case .refused(let error):
            use(file.id)
            throw error
        case .elsewhere(let other):
            use(file.id)
            url = other
        case .wrongBytes, .cut, .stall, .addressGone, .redirect, .endless, .slow, nil:
            let key = String(UInt64.random(in: .min ... .max), radix: 36)
            addresses[key] = Address(file: file.id, endsAt: now + Self.addressLifetime)
            url += key
        }
        return GraphAnswer(
            status: 200,
            json: .object([
                ("messaging_product", .string("whatsapp")), ("url", .string(url)),
                ("mime_type", .string(file.mimeType)), ("sha256", .string(file.sha256)),
                ("file_size", .string(String(file.bytes.count))), ("id", .string(file.id)),
            ]))
    }

    /// The file behind an address; nil where there is none, or its time is over.
    func file(at key: String, now: Int64) -> SimulatedFile? {
        guard let address = addresses[key], address.endsAt > now else { return nil }
        return files[address.file]
    }

    mutating func download(_ file: SimulatedFile) -> Fate {
        downloads[file.id, default: 0] += 1
        let answer = GraphAnswer(status: 200, contentType: file.mimeType, body: file.bytes)
        let fault = faults[file.id]?.fault
        use(file.id)
        switch fault {
        case .wrongBytes:
            var wrong = answer
            if let last = wrong.body.popLast() { wrong.body.append(last ^ 1) }
            return Fate(ending: .answer(wrong))
        case .cut(let bytes): return Fate(ending: .part(answer, bytes: bytes, stays: false))
        case .stall(let bytes): return Fate(ending: .part(answer, bytes: bytes, stays: true))
        case .addressGone: return Fate(ending: .answer(Self.nothing))
        case .redirect(let other):
            return Fate(
                ending: .answer(GraphAnswer(status: 302, headers: [("Location", other)], contentType: "", body: [])))
        case .endless(let bytes):
            let body = [UInt8](repeating: 0x20, count: bytes)
            return Fate(ending: .unmeasured(GraphAnswer(status: 200, contentType: file.mimeType, body: body)))
        case .slow(let milliseconds): return Fate(ending: .answer(answer), latencyMilliseconds: milliseconds)
        case .gone, .refused, .elsewhere, nil: return Fate(ending: .answer(answer))
        }
    }

    static let nothing = GraphAnswer(status: 404, contentType: "text/html", body: Array("Not Found".utf8))

    private mutating func use(_ id: String) {
        guard let fault = faults[id] else { return }
        faults[id] = fault.times > 1 ? (fault.fault, fault.times - 1) : nil
    }
}
