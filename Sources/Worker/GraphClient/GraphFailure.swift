internal import AsyncHTTPClient
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// Failures without an answer, in words that hold no token, number or text.
enum GraphFailure {
    static func reason(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError: reason(error)
        case is GraphReplyDelegate.BodyTooLarge: "the answer was too large"
        case let error as NIOConnectionError:
            "no connection to \(error.host):\(error.port)"
                + (error.connectionErrors.first.map { " (\($0.error))" } ?? ": its name has no address")
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: "TLS failed: \(error)"
        case let error: "\(error)"
        }
    }

    private static func reason(_ error: HTTPClientError) -> String {
        switch error {
        case .deadlineExceeded, .readTimeout: "no answer in time"
        case .connectTimeout: "no connection in time"
        case .getConnectionFromPoolTimeout: "no connection was free in time"
        case .remoteConnectionClosed: "the connection was closed before the answer"
        case .alreadyShutdown, .cancelled: "this process is stopping"
        case let other: "\(other)"
        }
    }
}
