internal import Mustache

/// The console's pages: what is to be shown in, HTML out. Knows nothing of where it comes from or how it is served.
public struct ConsolePages: Sendable {
    private let templates: [PageTemplate: MustacheTemplate]
    private let library: MustacheLibrary

    /// Compiles all templates; throws only if one of them is broken.
    public init() throws {
        MustacheContentTypes.register(PageMarkup(), named: PageMarkup.name)
        var templates: [PageTemplate: MustacheTemplate] = [:]
        var library = MustacheLibrary()
        for page in PageTemplate.allCases {
            let text = "{{% CONTENT_TYPE: \(PageMarkup.name)}}\n" + String(decoding: page.bytes, as: UTF8.self)
            let template = try MustacheTemplate(string: text)
            templates[page] = template
            library.register(template, named: page.rawValue)
        }
        self.templates = templates
        self.library = library
    }

    public func signIn(_ page: SignInPage, in frame: PageFrame) -> String {
        render(.signIn, page.values, "Sign in", .none, frame)
    }

    public func signInLink(_ page: SignInLinkPage, in frame: PageFrame) -> String {
        render(.signInLink, page.values, "Sign in", .none, frame)
    }

    public func error(_ page: ErrorPage, in frame: PageFrame) -> String {
        render(.error, page.values, page.title, .none, frame)
    }

    public func confirmation(_ page: ConfirmationPage, in frame: PageFrame) -> String {
        render(.confirmation, page.values, page.title, .none, frame)
    }

    public func settings(_ page: SettingsPage, in frame: PageFrame) -> String {
        render(.settings, page.values, "WhatsApp settings", .settings, frame)
    }

    public func apiKeys(_ page: APIKeysPage, in frame: PageFrame) -> String {
        render(.apiKeys, page.values, "API keys", .apiKeys, frame)
    }

    public func conversations(_ page: ConversationsPage, in frame: PageFrame) -> String {
        render(.conversations, page.values(at: frame.now), "Conversations", .conversations, frame)
    }

    /// The list alone, for the page's own polling.
    public func conversationsFragment(_ page: ConversationsPage, now: PageTime) -> String {
        render(.conversationList, page.values(at: now))
    }

    public func thread(_ page: ThreadPage, in frame: PageFrame) -> String {
        render(.thread, page.values(at: frame.now), page.title, .conversations, frame)
    }

    /// The messages and the window alone, for the page's own polling.
    public func threadFragment(_ page: ThreadPage, now: PageTime, csrf: String) -> String {
        var values = page.values(at: now)
        values["csrf"] = csrf
        return render(.threadMessages, values)
    }

    public func queues(_ page: QueuesPage, in frame: PageFrame) -> String {
        render(.queues, page.values(at: frame.now), "Queues", .queues, frame)
    }

    /// The figures alone, for the page's own polling.
    public func queuesFragment(_ page: QueuesPage, now: PageTime, csrf: String) -> String {
        var values = page.values(at: now)
        values["csrf"] = csrf
        return render(.queueFigures, values)
    }

    public func lanes(_ page: LanesPage, in frame: PageFrame) -> String {
        render(.lanes, page.values(at: frame.now), "Lanes", .queues, frame)
    }

    public func jobs(_ page: JobsPage, in frame: PageFrame) -> String {
        render(.jobs, page.values(at: frame.now), page.title, .queues, frame)
    }

    public func job(_ page: JobPage, in frame: PageFrame) -> String {
        render(.job, page.values, "Job \(page.id)", .queues, frame)
    }

    public func deadLetters(_ page: DeadLettersPage, in frame: PageFrame) -> String {
        render(.deadLetters, page.values(at: frame.now), page.title, .queues, frame)
    }

    public func tenants(_ page: TenantsPage, in frame: PageFrame) -> String {
        render(.tenants, page.values, "Tenants", .tenants, frame)
    }

    public func unrouted(_ page: UnroutedPage, in frame: PageFrame) -> String {
        render(.unrouted, page.values, "Unrouted numbers", .unrouted, frame)
    }

    private func render(
        _ template: PageTemplate, _ content: TemplateValues, _ title: String, _ tab: PageTab, _ frame: PageFrame
    ) -> String {
        var values = content
        values.add(frame.values(title: title, tab: tab))
        return render(template, values)
    }

    private func render(_ template: PageTemplate, _ values: TemplateValues) -> String {
        templates[template]?.render(values.dictionary, library: library) ?? ""
    }
}
