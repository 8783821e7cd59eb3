extension StringProtocol {
    /// Without the white space at both ends.
    func trimmingBlanks() -> SubSequence {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return rest
    }
}
