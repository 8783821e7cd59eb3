/// What customers did on the phone page: wrote, read, tapped.
struct PhoneBook: Sendable {
    struct Line: Sendable {
        var wamid: String
        var customer: String
        var phoneNumberID: String
        var text: String
        var repliesTo: String?
        /// The id of the file that came with it.
        var file: String?
        /// Milliseconds since 1970.
        var writtenAt: Int64
    }

    private static let limit = 2_000

    private(set) var lines: [Line] = []
    /// Of the customers' messages: those that Ingress answered with 200.
    private(set) var posted: Set<String> = []
    /// Of the business's messages.
    private(set) var read: Set<String> = []
    private(set) var tapped: Set<String> = []

    mutating func write(_ line: Line) {
        if lines.count >= 2 * Self.limit {
            for old in lines.prefix(Self.limit) { posted.remove(old.wamid) }
            lines.removeFirst(Self.limit)
        }
        lines.append(line)
    }

    mutating func markPosted(_ wamid: String) {
        posted.insert(wamid)
    }

    /// - Returns: Whether it had not been read before.
    mutating func markRead(_ wamid: String) -> Bool {
        read.insert(wamid).inserted
    }

    mutating func markTapped(_ wamid: String) {
        tapped.insert(wamid)
    }
}
