internal import Identifiers
internal import OpenSSLKit
public import Tenants

/// One request with who asks for it and by which way.
public struct SendOrder: Sendable {
    public let tenant: TenantID
    /// The caller's idempotency key, checked by ``IdempotencyKey/check(_:field:)``; nil: see ``SendOrigin``.
    public let key: String?
    public let request: SendRequest
    public let origin: SendOrigin
    /// The key of a request that names none, made once: however often the order is submitted, it is one message.
    private let ownKey: String

    public init(tenant: TenantID, key: String? = nil, request: SendRequest, origin: SendOrigin) {
        self.tenant = tenant
        self.key = key
        self.request = request
        self.origin = origin
        var generator = ULIDGenerator()
        ownKey = "send:\(generator.next(milliseconds: UInt64(max(0, UnixClock.milliseconds()))))"
    }

    func effectiveKey(_ request: SendRequest) -> String {
        key ?? request.naturalKey ?? origin.key ?? ownKey
    }

    /// By which the caller can ask for the same message again, where nothing else of the request names it.
    public var pinnedKey: String? {
        switch request.content {
        case .quoteLink: nil
        case .text, .template: key == nil && origin.key == nil ? ownKey : nil
        }
    }
}

/// By which way a send was asked for.
public enum SendOrigin: Sendable, Equatable {
    case api
    case console
    case command
    /// Pushed into Redis, as the job of this id.
    case redis(jobID: String)
    /// Written into `whatsapp_outbox`, as this row.
    case outbox(row: Int64)

    /// As the message's row keeps it.
    public var name: String {
        switch self {
        case .api: "api"
        case .console: "console"
        case .command: "command"
        case .redis: "redis"
        case .outbox: "outbox"
        }
    }

    /// The idempotency key of a request that has none of its own: a job that runs again, or a row, is one send. The
    /// prefix keeps them apart from one another and from callers' keys.
    var key: String? {
        switch self {
        case .api, .console, .command: nil
        // Whoever pushed it chose the id, and it may be longer than an index takes.
        case .redis(let jobID): "job:\(jobID.utf8.count <= IdempotencyKey.longest ? jobID : SHA256.hash(jobID).hex)"
        case .outbox(let row): "outbox:\(row)"
        }
    }
}
