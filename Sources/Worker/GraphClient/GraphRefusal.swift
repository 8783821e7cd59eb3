public import SendPolicy

/// An error of the Graph API, or of whatever answered in its place. Texts are Meta's, for people to read; they may name
/// the recipient, so they belong in no log.
public struct GraphRefusal: Sendable, Equatable {
    /// `error.code`; nil when the answer held no readable error.
    public var code: Int?
    public var subcode: Int?
    /// 0 when the request never left, because it could not have been written.
    public var httpStatus: Int
    public var message: String?
    /// `error_data.details`, or `error_data` where it is a bare string.
    public var details: String?
    public var isTransient: Bool
    /// From `Retry-After`, or else from the usage headers of a throttled account; never negative.
    public var retryAfterSeconds: Int?
    /// Meta's id of the call, for its support.
    public var traceID: String?
    public var usage: GraphUsage?

    public init(
        code: Int?, subcode: Int? = nil, httpStatus: Int, message: String? = nil, details: String? = nil,
        isTransient: Bool = false, retryAfterSeconds: Int? = nil, traceID: String? = nil, usage: GraphUsage? = nil
    ) {
        self.code = code
        self.subcode = subcode
        self.httpStatus = httpStatus
        self.message = message
        self.details = details
        self.isTransient = isTransient
        self.retryAfterSeconds = retryAfterSeconds
        self.traceID = traceID
        self.usage = usage
    }

    /// What the error table says about it.
    public var rule: SendErrorRule {
        SendErrorTable.rule(code: code, subcode: subcode, isTransient: isTransient, httpStatus: httpStatus)
    }
}
