import COpenSSL

/// A failure that OpenSSL reported: the function and the reason from its error queue, never any input.
public struct OpenSSLError: Error, Sendable, CustomStringConvertible {
    public let function: String
    public let reason: String

    /// Takes the oldest entry of the calling thread's error queue, which is the cause, and empties the queue.
    init(function: String) {
        self.function = function
        let code = ERR_get_error()
        ERR_clear_error()
        guard code != 0 else {
            reason = "no reason given"
            return
        }
        // OpenSSL asks for at least 256 bytes and always ends the text with a zero.
        var text = [CChar](repeating: 0, count: 256)
        ERR_error_string_n(code, &text, text.count)
        reason = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    public var description: String {
        "OpenSSL's \(function) failed: \(reason)"
    }
}
