/// Which message a request is an attempt of.
enum MessageKey {
    /// The part of `<message id>.<attempt>` before the attempt; the whole text if it has another form.
    static func of(callbackData: String) -> String {
        guard let dot = callbackData.lastIndex(of: "."), dot > callbackData.startIndex else { return callbackData }
        let attempt = callbackData[callbackData.index(after: dot)...]
        guard !attempt.isEmpty, attempt.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return callbackData }
        return String(callbackData[..<dot])
    }
}
