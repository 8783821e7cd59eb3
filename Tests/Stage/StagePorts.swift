import TestSupport

/// Ports as a newcomer expects them: 8080 for Ingress and 8081 for the console, and on from there past those that are
/// taken.
struct StagePorts {
    private var taken: [Int] = []

    mutating func next(from start: Int) throws -> Int {
        for port in start..<(start + 200) where !taken.contains(port) && isFree(port) {
            taken.append(port)
            return port
        }
        throw TestSupportError("no free port between \(start) and \(start + 199)")
    }
}
