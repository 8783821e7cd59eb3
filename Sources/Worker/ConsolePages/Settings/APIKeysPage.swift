public struct APIKeysPage: Sendable {
    public var keys: [APIKeyRow]
    /// A key just made: shown this once.
    public var fresh: String?
    /// Whether the viewer may make keys.
    public var mayMake: Bool
    /// Keys in use at once, at most.
    public var most: Int

    public init(keys: [APIKeyRow], fresh: String? = nil, mayMake: Bool = true, most: Int) {
        self.keys = keys
        self.fresh = fresh
        self.mayMake = mayMake
        self.most = most
    }

    var values: TemplateValues {
        let live = keys.count { $0.revokedAt == nil }
        return [
            "keys": keys.map { $0.values(mayRotate: mayMake) }, "has_keys": !keys.isEmpty, "fresh": fresh,
            "may_make": mayMake && live < most, "is_full": mayMake && live >= most, "live": String(live),
            "most": String(most),
        ]
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

    func values(mayRotate: Bool) -> TemplateValues {
        [
            "id": id, "last4": last4, "created_at": createdAt, "created_by": ActorWords.text(createdBy),
            "revoked_at": revokedAt, "is_live": revokedAt == nil,
            "may_rotate": revokedAt == nil && mayRotate,
        ]
    }
}
