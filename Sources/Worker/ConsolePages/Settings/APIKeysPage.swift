public struct APIKeysPage: Sendable {
    public var keys: [APIKeyRow]
    /// A key just made: shown this once.
    public var fresh: String?

    public init(keys: [APIKeyRow], fresh: String? = nil) {
        self.keys = keys
        self.fresh = fresh
    }

    var values: TemplateValues {
        ["keys": keys.map(\.values), "has_keys": !keys.isEmpty, "fresh": fresh]
    }
}

public struct APIKeyRow: Sendable {
    public var id: String
    public var last4: String
    public var createdAt: PageTime
    public var createdBy: String
    public var revokedAt: PageTime?

    public init(
        id: String, last4: String, createdAt: PageTime, createdBy: String, revokedAt: PageTime? = nil
    ) {
        self.id = id
        self.last4 = last4
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.revokedAt = revokedAt
    }

    var values: TemplateValues {
        [
            "id": id, "last4": last4, "created_at": createdAt, "created_by": ActorWords.text(createdBy),
            "revoked_at": revokedAt, "is_live": revokedAt == nil,
        ]
    }
}
