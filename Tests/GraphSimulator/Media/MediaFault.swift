/// What goes wrong with a file.
public enum MediaFault: Sendable, Equatable {
    /// Other bytes come than were announced, as many.
    case wrongBytes
    /// The connection is closed after so many bytes.
    case cut(afterBytes: Int)
    /// After so many bytes nothing more comes.
    case stall(afterBytes: Int)
    /// The look-up knows no such file: its seven days are over.
    case gone
    /// The look-up answers with this error.
    case refused(GraphError)
    /// The address answers 404: its five minutes are over.
    case addressGone
    /// The address answers with a redirect.
    case redirect(to: String)
    /// The look-up names this address.
    case elsewhere(url: String)
    /// More bytes come than the look-up has announced; without a length in the answer.
    case endless(bytes: Int)
    case slow(milliseconds: Int)

    public static func == (left: MediaFault, right: MediaFault) -> Bool { "\(left)" == "\(right)" }
}
