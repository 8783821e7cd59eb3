internal import JobQueue
internal import NIOCore
internal import WhatsAppPayload

/// What is left of a job without an erased customer.
struct JobRedaction: Sendable {
    let redaction: CustomerRedaction

    /// Of a queue's element or an archived one, by its exact bytes.
    func rest(of bytes: ByteBuffer) -> CustomerRedaction.Result {
        guard let job = try? JobElement(bytes) else { return redaction.shortForm(Array(bytes.readableBytesView)) }
        let payload = Array(job.payload.readableBytesView)
        if job.header.type == "unreadable" {
            // The element as it was, in base64.
            let original = redaction.unowned(Self.base64Decoded(payload))
            return original.outcome == .untouched ? redaction.unowned(Array(bytes.readableBytesView)) : original
        }
        var result = redaction.payload(payload)
        switch result.outcome {
        case .untouched, .removed: break
        case .replaced(let rest):
            // The signature was the whole body's.
            var header = job.header
            header.signature = nil
            let element = JobElement(header: header, payload: ByteBuffer(bytes: rest))
            result.outcome = .replaced(Array(element.bytes.readableBytesView))
        }
        return result
    }

    /// The bytes behind base64; what is no letter of it is passed over.
    private static func base64Decoded(_ text: [UInt8]) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var values = [UInt8?](repeating: nil, count: 256)
        for (value, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
        var (bytes, word, bits): ([UInt8], UInt32, Int) = ([], 0, 0)
        for letter in text {
            guard let value = values[Int(letter)] else { continue }
            word = word << 6 | UInt32(value)
            bits += 6
            guard bits >= 8 else { continue }
            bits -= 8
            bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
        }
        return bytes
    }
}
