public struct TenantsPage: Sendable {
    public var tenants: [TenantRow]
    /// The cursor of the next page.
    public var next: String?
    public var fresh: FreshSecret?
    public var problems: [FieldProblem] = []
    /// What was typed into the form, never the token.
    public var typed: [PageField] = []

    public init(
        tenants: [TenantRow], next: String? = nil, fresh: FreshSecret? = nil, problems: [FieldProblem] = [],
        typed: [PageField] = []
    ) {
        self.tenants = tenants
        self.next = next
        self.fresh = fresh
        self.problems = problems
        self.typed = typed
    }

    private static let fields = ["name", "phone_number_id", "waba_id", "access_token"]

    var values: TemplateValues {
        var values: TemplateValues = [
            "rows": tenants.map(\.values), "has_rows": !tenants.isEmpty, "fresh": fresh?.values,
            "next_path": next.map { "/app/queues/tenants?" + FormText.encoded([("after", $0)]) },
            "form_open": !problems.isEmpty || tenants.isEmpty,
        ]
        for field in Self.fields { values["typed_" + field] = typed.first { $0.name == field }?.value ?? "" }
        values.add(problems.values(of: Self.fields))
        return values
    }
}

public struct TenantRow: Sendable {
    public var id: String
    public var name: String
    public var phoneNumberID: String?
    public var displayPhoneNumber: String?
    public var chip: StatusChip
    public var waiting: Int = 0
    public var createdAt: PageTime
    public var isDisabled: Bool = false

    public init(
        id: String, name: String, phoneNumberID: String? = nil, displayPhoneNumber: String? = nil, chip: StatusChip,
        waiting: Int = 0, createdAt: PageTime, isDisabled: Bool = false
    ) {
        self.id = id
        self.name = name
        self.phoneNumberID = phoneNumberID
        self.displayPhoneNumber = displayPhoneNumber
        self.chip = chip
        self.waiting = waiting
        self.createdAt = createdAt
        self.isDisabled = isDisabled
    }

    var values: TemplateValues {
        [
            "tenant_id": id, "tenant_name": name, "number_id": phoneNumberID, "display_number": displayPhoneNumber,
            "chip": isDisabled ? ["tone": "idle", "words": "Disabled"] as TemplateValues : chip.values,
            "waiting": waiting, "has_waiting": waiting > 0, "created_at": createdAt, "is_live": !isDisabled,
            "tenant_path": "/app/queues/tenants/" + FormText.encoded(id),
        ]
    }
}

/// Something that is shown this once.
public struct FreshSecret: Sendable {
    public var title: String
    public var value: String
    public var advice: String

    public init(title: String, value: String, advice: String) {
        self.title = title
        self.value = value
        self.advice = advice
    }

    var values: TemplateValues { ["secret_title": title, "secret": value, "secret_advice": advice] }
}
