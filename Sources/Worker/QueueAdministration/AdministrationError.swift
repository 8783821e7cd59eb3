internal import RedisClient

/// Why an operator's wish cannot be fulfilled, in words that say what to do. Never a job's content.
public struct AdministrationError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}

extension RedisReply {
    /// The elements of an array, or an error that names what was asked.
    func array(of command: String) throws -> [RedisReply] {
        guard let elements else {
            throw AdministrationError(
                "Redis answered \(command) with something else than a list: is a proxy in between?")
        }
        return elements
    }

    /// The 0-based positions that the scripts answer.
    func positions(of command: String) throws -> Set<Int> {
        Set(try array(of: command).compactMap { $0.integer.map { Int($0) } })
    }

    /// A score: a double in text form. Redis writes whole milliseconds without a fraction.
    var score: Double? { text.flatMap(Double.init) }
}
