internal import OpenSSLKit
public import Tenants

/// One request with who asks for it and by which way.
public struct SendOrder: Sendable {
    public let tenant: TenantID
    /// The caller's idempotency key, checked by ``IdempotencyKey/check(_:field:)``; nil: see ``SendOrigin``.
    public let key: String?
    public let request: SendRequest
    public let origin: SendOrigin

    public init(tenant: TenantID, key: String? = nil, request: SendRequest, origin: SendOrigin) {
        self.tenant = tenant
        self.key = key
        self.request = request
        self.origin = origin
    }

    /// - Parameter fresh: a text that no other send has.
    func effectiveKey(_ request: SendRequest, fresh: String) -> String {
        key ?? request.naturalKey ?? origin.key ?? "send:\(fresh)"
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
