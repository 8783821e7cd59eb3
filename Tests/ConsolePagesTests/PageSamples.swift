import ConsolePages

/// Every page in every state that looks different, as `(name, HTML)`.
struct PageSamples {
    let pages: ConsolePages
    /// Put into each text that comes from outside.
    var mark = ""

    static let now = PageTime(microseconds: 1_764_106_392_000_000)

    static func ago(_ seconds: Int64) -> PageTime { PageTime(microseconds: now.microseconds - seconds * 1_000_000) }

    func frame(_ viewer: PageViewer) -> PageFrame {
        PageFrame(viewer: viewer, csrf: "csrf-token" + mark, now: Self.now)
    }
    var tenant: PageFrame { frame(.tenant(id: "1", name: "Meyer Roofing & Sons" + mark)) }
    var staff: PageFrame { frame(.operator) }

    var all: [(name: String, html: String)] { signIn + settings + conversations + operators }

    var signIn: [(name: String, html: String)] {
        let nobody = frame(.nobody)
        var noticed = tenant
        noticed.notice = PageNotice(kind: .good, text: "Saved. 12 messages are on their way." + mark)
        return [
            ("sign-in", pages.signIn(SignInPage(next: "/app/whatsapp" + mark), in: nobody)),
            (
                "sign-in-wrong",
                pages.signIn(SignInPage(next: "/app", problem: "This key is not known." + mark), in: nobody)
            ),
            ("sign-in-link", pages.signInLink(SignInLinkPage(token: "t0k3n" + mark), in: nobody)),
            (
                "error",
                pages.error(
                    ErrorPage(
                        status: 404, title: "Not found" + mark, explanation: "There is nothing at this address." + mark,
                        back: PageLink(title: "To the conversations" + mark, path: "/app" + mark)), in: nobody)
            ),
            (
                "confirmation",
                pages.confirmation(
                    ConfirmationPage(
                        title: "Revoke the key …1a2b?" + mark,
                        explanation: ["Software that uses it is refused from now on." + mark],
                        action: "/app/whatsapp/keys/7/revoke" + mark, button: "Revoke" + mark,
                        fields: [PageField("version" + mark, "3" + mark)], cancel: "/app/whatsapp/keys" + mark),
                    in: noticed)
            ),
        ]
    }

    var settings: [(name: String, html: String)] {
        var page = SettingsPage(
            version: "7" + mark, phoneNumberID: "106540352242922" + mark, wabaID: "102290129340398" + mark,
            displayPhoneNumber: "+1 555 078 3881" + mark,
            token: TokenMark(last4: "1a2b" + mark, setAt: Self.ago(90_000), setBy: "API key …9f3c" + mark),
            templateName: "quote_ready" + mark, templateLanguage: "en_US" + mark,
            defaultBody: "Your quote is ready." + mark, linkHosts: ["quotes.meyer.example" + mark], chip: .active,
            webhookURL: "https://hooks.meyer.example/api/whatsapp/webhook" + mark,
            steps: SetUpSteps(
                tokenWorks: .done(Self.ago(90_000)), numberSubscribed: .done(nil),
                firstWebhookSeen: .done(Self.ago(80_000))
            ),
            test: .good(name: "Meyer Roofing" + mark, displayNumber: "+1 555 078 3881", quality: "GREEN" + mark))
        page.steps.subscribedApps = ["Meyer app" + mark]
        let active = page
        page.chip = .paused(
            reason: "token rejected" + mark,
            advice: "Meta no longer accepts the stored token. Paste a new one below and save." + mark)
        page.waiting = 12
        page.test = .problem(
            what: "Meta rejects the token." + mark, advice: "Create a new one in Meta's Business settings." + mark)
        page.steps.tokenWorks = .notDone
        page.steps.subscriptionAdvice = "No app is subscribed." + mark
        let paused = page
        page = SettingsPage(
            phoneNumberID: "+1 650" + mark, chip: .notSetUp,
            problems: [
                FieldProblem(field: "phone_number_id", text: "This is a number, not Meta's id of it." + mark),
                FieldProblem(field: "access_token", text: "The token is missing." + mark),
            ])
        let refused = page
        let empty = SettingsPage(chip: .notSetUp)
        let keys = APIKeysPage(
            keys: [
                APIKeyRow(id: "2" + mark, last4: "9f3c" + mark, createdAt: Self.ago(700), createdBy: "operator" + mark),
                APIKeyRow(
                    id: "1", last4: "77aa", createdAt: Self.ago(9_000_000), createdBy: "api_key:2"),
                APIKeyRow(
                    id: "0", last4: "00ff", createdAt: Self.ago(19_000_000), createdBy: "operator",
                    revokedAt: Self.ago(9_000_000)),
            ], fresh: "ql_" + String(repeating: "k3Y", count: 14) + mark, most: 2)
        return [
            ("settings", pages.settings(active, in: tenant)), ("settings-paused", pages.settings(paused, in: tenant)),
            ("settings-refused", pages.settings(refused, in: tenant)),
            ("settings-new", pages.settings(empty, in: tenant)),
            ("keys", pages.apiKeys(keys, in: tenant)),
            ("keys-none", pages.apiKeys(APIKeysPage(keys: [], most: 20), in: tenant)),
        ]
    }

    var conversations: [(name: String, html: String)] {
        let rows = [
            ConversationRow(
                id: "41" + mark, name: "Ana Müller" + mark, number: "+49 151 2345678" + mark,
                preview: "Thank you, that looks good! When could you start?" + mark, isOutbound: false,
                lastAt: Self.ago(40), windowClosesAt: Self.ago(-86_000)),
            ConversationRow(
                id: "40", number: "+1 650 555 1234", preview: "Your quote is ready.", isOutbound: true,
                status: "read" + mark,
                lastAt: Self.ago(4000), windowClosesAt: Self.ago(-3000)),
            ConversationRow(
                id: "39", name: "עמית כהן" + mark, number: "+972 50 123 4567",
                preview: "[location] Dizengoff 1, Tel Aviv",
                isOutbound: false, lastAt: Self.ago(400_000)),
            ConversationRow(
                id: "38", name: "Workshop of a customer with quite a long name GmbH & Co. KG",
                number: "+49 89 123456789",
                preview: "Your quote for the roof, the gutters and the three skylights is ready.", isOutbound: true,
                status: "failed", lastAt: Self.ago(900_000)),
        ]
        let page = ConversationsPage(rows: rows, older: "c4rs0r" + mark, once: "once" + mark)
        let refused = ConversationsPage(
            query: "650" + mark, rows: rows,
            draft: SendDraft(
                to: "650" + mark, body: "Hello" + mark, quoteID: "Q-1" + mark, quoteURL: "http://x" + mark,
                button: "View" + mark), problem: "The number needs a + and its country code." + mark)
        return [
            ("conversations", pages.conversations(page, in: tenant)),
            ("conversations-fragment", pages.conversationsFragment(page, now: Self.now)),
            ("conversations-refused", pages.conversations(refused, in: tenant)),
            ("conversations-none", pages.conversations(ConversationsPage(rows: []), in: tenant)),
            (
                "conversations-not-found",
                pages.conversations(ConversationsPage(query: "Zoë" + mark, rows: []), in: tenant)
            ),
            ("thread", pages.thread(thread, in: tenant)),
            ("thread-fragment", pages.threadFragment(thread, now: Self.now, csrf: "csrf" + mark)),
            (
                "thread-closed",
                pages.thread(
                    ThreadPage(
                        conversationID: "39", number: "+972 50 123 4567", messages: [], isNewestPage: false,
                        sendState: .windowClosed(hasTemplate: false),
                        draft: SendDraft(type: "text", body: "Hello" + mark), problem: "No." + mark), in: tenant)
            ),
            (
                "thread-paused",
                pages.thread(
                    ThreadPage(
                        conversationID: "39", number: "+972 50 123 4567", messages: [],
                        sendState: .paused(reason: "token rejected" + mark)), in: tenant)
            ),
        ]
    }

    var thread: ThreadPage {
        ThreadPage(
            conversationID: "41" + mark, name: "Ana Müller" + mark, number: "+49 151 2345678" + mark,
            username: "ana.m" + mark, windowClosesAt: Self.ago(-40_000), messages: SampleMessages(mark: mark).all,
            older: "0lder" + mark, once: "once" + mark, defaultBody: "Your quote is ready." + mark)
    }

    var operators: [(name: String, html: String)] {
        let jobs = [
            JobRow(
                id: "01JD7ZK2M3N4P5Q6R7S8T9V0WX" + mark, type: "webhook" + mark, attempt: 3, crashes: 1,
                error: "constraint: 23514 whatsapp_messages_direction_check" + mark, receivedAt: Self.ago(4000),
                at: Self.ago(3000), worker: "host-1" + mark, tenant: "7" + mark),
            JobRow(type: "unreadable", error: "unreadable: no header", at: Self.ago(8000)),
        ]
        let rows = [
            TenantRow(
                id: "7" + mark, name: "Meyer Roofing & Sons" + mark, phoneNumberID: "106540352242922" + mark,
                displayPhoneNumber: "+1 555 078 3881" + mark, chip: .active, waiting: 1204, createdAt: Self.ago(900_000)
            ),
            TenantRow(
                id: "6", name: "Blue Door Painting", phoneNumberID: "106540352242001",
                chip: .paused(reason: "token rejected" + mark, advice: ""), createdAt: Self.ago(1_900_000)),
            TenantRow(id: "5", name: "Old Customer", chip: .notSetUp, createdAt: Self.ago(9_900_000), isDisabled: true),
        ]
        let unrouted = [
            UnroutedRow(
                phoneNumberID: "999" + mark, wabaID: "888" + mark, items: 14, firstAt: Self.ago(90_000),
                lastAt: Self.now)
        ]
        return [
            ("queues", pages.queues(queues, in: staff)),
            ("queues-fragment", pages.queuesFragment(queues, now: Self.now, csrf: "csrf" + mark)),
            (
                "queues-empty",
                pages.queues(QueuesPage(queues: [], lanes: [], unavailable: "Redis does not answer." + mark), in: staff)
            ),
            (
                "lanes",
                pages.lanes(
                    LanesPage(lanes: queues.lanes, count: 240, isFirstPage: false, next: "1065" + mark), in: staff)
            ), ("lanes-none", pages.lanes(LanesPage(lanes: [], count: 0), in: staff)),
            (
                "jobs",
                pages.jobs(
                    JobsPage(
                        queue: "inbound" + mark, place: "dead", error: "constraint" + mark, jobs: jobs,
                        after: "a" + mark, next: "n" + mark
                    ),
                    in: staff)
            ),
            ("jobs-none", pages.jobs(JobsPage(queue: "inbound", place: "dead", jobs: []), in: staff)),
            (
                "job",
                pages.job(
                    JobPage(
                        queue: "inbound" + mark, place: "dead" + mark, id: "01JD7ZK2M3N4P5Q6R7S8T9V0WX" + mark,
                        fields: [PageField("Type" + mark, "webhook" + mark), PageField("Attempts", "3")],
                        payload: "{\n  \"object\": \"whatsapp_business_account\",\n  \"entry\": \"•••\"\n}" + mark,
                        isDead: true), in: staff)
            ),
            (
                "replay",
                pages.deadLetters(
                    DeadLettersPage(
                        queue: "inbound" + mark, verb: .replay, count: 31, error: "constraint" + mark, examples: jobs),
                    in: staff)
            ),
            (
                "discard",
                pages.deadLetters(
                    DeadLettersPage(queue: "inbound", verb: .discard, count: 1, id: "01JD" + mark, examples: jobs),
                    in: staff)
            ),
            (
                "tenants",
                pages.tenants(
                    TenantsPage(
                        tenants: rows, next: "6" + mark,
                        fresh: FreshSecret(
                            title: "API key of Meyer Roofing" + mark, value: "ql_k3y" + mark,
                            advice: "Copy it now: it is not shown again." + mark)), in: staff)
            ),
            (
                "tenants-refused",
                pages.tenants(
                    TenantsPage(
                        tenants: [],
                        problems: [
                            FieldProblem(field: "phone_number_id", text: "Another tenant has this number." + mark)
                        ],
                        typed: [PageField("name", "Blue" + mark), PageField("waba_id", "12" + mark)]), in: staff)
            ),
            ("unrouted", pages.unrouted(UnroutedPage(rows: unrouted), in: staff)),
            ("unrouted-none", pages.unrouted(UnroutedPage(rows: []), in: staff)),
        ]
    }

    var queues: QueuesPage {
        let wave = (0..<60).map { minute in 400 + (minute * minute) % 97 * 6 - (minute > 40 ? 250 : 0) }
        return QueuesPage(
            queues: [
                QueueRow(
                    name: "inbound" + mark, ready: 12_480, claimed: 64, scheduled: 3, dead: 32, oldestAgeSeconds: 41,
                    workers: [
                        WorkerRow(id: "host-1.3f2a" + mark, claimed: 64, lastSeenAt: Self.ago(1)),
                        WorkerRow(id: "host-2.77b0", claimed: 0, lastSeenAt: Self.ago(2)),
                    ],
                    deadGroups: [
                        DeadGroup(
                            code: "constraint" + mark, count: 31, newestAt: Self.ago(3000),
                            example: "23514 whatsapp_messages_direction_check" + mark),
                        DeadGroup(code: "unreadable", count: 1, newestAt: Self.ago(8000), example: "no header"),
                    ]),
                QueueRow(
                    name: "outbound", ready: 0, claimed: 2, scheduled: 14, dead: 0,
                    pause: PauseMark(reason: "Database upgrade" + mark, since: Self.ago(600))),
            ],
            lanes: [
                LaneRow(
                    number: "106540352242922" + mark, tenantName: "Meyer Roofing & Sons" + mark, waiting: 1204,
                    perSecond: 80, nextAt: Self.now),
                LaneRow(
                    number: "106540352242001", tenantName: "Blue Door Painting", waiting: 12, perSecond: 80,
                    pause: PauseMark(reason: "token rejected" + mark, since: Self.ago(3600))),
                LaneRow(number: "106540352242002", waiting: 3, perSecond: 20, heldUntil: Self.ago(-25)),
            ],
            throughput: Throughput(
                endingAt: Self.now,
                series: [
                    ThroughputSeries(name: "received" + mark, counts: wave),
                    ThroughputSeries(name: "sent", counts: wave.map { $0 / 3 }),
                ]), unroutedNumbers: 2, unroutedItems: 14, tenants: 27)
    }
}
