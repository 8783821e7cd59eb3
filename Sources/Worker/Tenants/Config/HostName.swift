/// Names of hosts on the Internet.
public enum HostName {
    /// Whether this is a host's full name in lower case: at least two labels, the last of which begins with a letter.
    public static func isFull(_ host: some StringProtocol) -> Bool {
        let bytes = Array(host.utf8)
        let labels = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard labels.count >= 2, bytes.count <= 253, let last = labels.last?.first, isLetter(last) else {
            return false
        }
        let dash = UInt8(ascii: "-")
        return labels.allSatisfy { label in
            (1...63).contains(label.count) && label.first != dash && label.last != dash
                && label.allSatisfy { isLetter($0) || $0 &- UInt8(ascii: "0") < 10 || $0 == dash }
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "a") < 26 }
}
