/// The numbers and ids by which one customer is known, and where they stand.
struct CustomerIdentities: Sendable {
    private let texts: Set<String>
    /// The same as UTF-8.
    private let names: [[UInt8]]

    /// - Parameter texts: digits of phone numbers, and business-scoped ids.
    init(_ texts: Set<String>) {
        // Short texts stand everywhere.
        self.texts = texts.filter { $0.utf8.count >= 6 }
        names = self.texts.map { Array($0.utf8) }
    }

    /// Whether the text as a whole names the customer, in whatever way a number is written.
    func contains(_ text: String) -> Bool {
        texts.contains(text) || texts.contains(PersonIdentifier.waID(text))
    }

    /// Whether one of them stands somewhere in the bytes.
    func areIn(_ bytes: UnsafeRawBufferPointer) -> Bool {
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
}
