/// An error that is in the logs already, so that nobody has to tell it again.
public struct LoggedFailure: Error, CustomStringConvertible {
    public let underlying: any Error

    init(_ underlying: any Error) {
        self.underlying = underlying
    }

    public var description: String { String(describing: underlying) }
}
