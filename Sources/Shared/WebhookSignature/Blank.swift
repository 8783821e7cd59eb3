extension StringProtocol {
    /// Whether there is nothing but white space.
    var isBlank: Bool {
        allSatisfy(\.isWhitespace)
    }

    func trimmingBlanks() -> SubSequence {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return rest
    }
}
