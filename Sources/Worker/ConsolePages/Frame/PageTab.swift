/// The entry of the navigation under which a page stands.
enum PageTab: Equatable {
    case none, settings, conversations, apiKeys, queues, tenants, unrouted

    var title: String {
        switch self {
        case .none: ""
        case .settings: "Settings"
        case .conversations: "Conversations"
        case .apiKeys: "API keys"
        case .queues: "Queues"
        case .tenants: "Tenants"
        case .unrouted: "Unrouted"
        }
    }

    var path: String {
        switch self {
        case .none: "/app"
        case .settings: "/app/whatsapp"
        case .conversations: "/app/whatsapp/conversations"
        case .apiKeys: "/app/whatsapp/keys"
        case .queues: "/app/queues"
        case .tenants: "/app/queues/tenants"
        case .unrouted: "/app/queues/unrouted"
        }
    }

    static func tabs(of viewer: PageViewer) -> [PageTab] {
        switch viewer {
        case .nobody: []
        case .tenant: [.conversations, .settings, .apiKeys]
        case .operator: [.queues, .tenants, .unrouted]
        }
    }
}

extension PageFrame {
    /// Names that no page uses for its own content.
    func values(title: String, tab: PageTab) -> TemplateValues {
        let (viewerID, viewerName): (String?, String?) =
            switch viewer {
            case .nobody: (nil, nil)
            case .tenant(let id, let name): ("tenant \(id)", name)
            case .operator: ("operator", "Operator")
            }
        return [
            "page_title": title, "viewer_id": viewerID, "viewer_name": viewerName, "csrf": csrf,
            "tabs": PageTab.tabs(of: viewer).map { entry in
                TemplateValues(["title": entry.title, "path": entry.path, "is_current": entry == tab])
            },
            "notice_good": notice?.kind == .good ? notice?.text : nil,
            "notice_problem": notice?.kind == .problem ? notice?.text : nil,
            "styles_path": ConsoleAssets.styles.path, "script_path": ConsoleAssets.script.path,
            "icon_path": ConsoleAssets.icon.path,
        ]
    }
}
