internal import ConsolePages
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Postgres
internal import Tenants

/// Signing in and out, and the files that the pages load.
struct SignInPages: Sendable {
    let site: PageSite

    var routes: [Route] {
        [
            site.open(.get, "/app") { call in
                switch try await site.visit(call) {
                case nil: return site.redirect("/app/sign-in")
                case .tenant: return site.redirect(Self.home(false))
                case .operator: return site.redirect(Self.home(true))
                }
            },
            site.open(.get, "/app/sign-in") { call in
                try show(call, SignInPage(next: call.query["next"] ?? ""))
            },
            site.open(.post, "/app/sign-in") { call in try await signIn(call) },
            site.open(.get, "/app/sign-in/link") { call in
                let (csrf, cookie) = try formToken(call)
                let frame = PageFrame(viewer: .nobody, csrf: csrf, now: .now)
                return site.html(
                    site.pages.signInLink(SignInLinkPage(token: call.query["token"] ?? ""), in: frame),
                    cookies: [cookie])
            },
            site.open(.post, "/app/sign-in/link") { call in try await signInByLink(call) },
            site.open(.post, "/app/sign-out") { call in
                if let token = site.cookies.read(site.cookies.session, call) {
                    _ = try await site.form(call, SessionStore.csrf(of: token))
                    try await site.sessions.end(token)
                }
                return site.redirect("/app/sign-in", cookies: [site.cookies.set(site.cookies.session, "", seconds: 0)])
            },
        ]
            + ConsoleAssets.all.map { asset in
                Route(.get, asset.path) { _ in
                    Response(
                        status: .ok,
                        headers: [
                            .contentType: asset.contentType, .cacheControl: "public, max-age=31536000, immutable",
                        ], body: ResponseBody(byteBuffer: ByteBuffer(string: asset.body)))
                }
            }
    }

    private static func home(_ isOperator: Bool) -> String {
        isOperator ? "/app/queues" : "/app/whatsapp/conversations"
    }

    /// What the form is checked against while nobody is signed in.
    private func formToken(_ call: Call) throws -> (csrf: String, cookie: HTTPField) {
        let token = try site.cookies.read(site.cookies.form, call) ?? SessionStore.randomToken()
        return (SessionStore.csrf(of: token), site.cookies.set(site.cookies.form, token, seconds: 3_600))
    }

    private func show(_ call: Call, _ page: SignInPage, _ status: HTTPResponse.Status = .ok) throws -> Response {
        let (csrf, cookie) = try formToken(call)
        let frame = PageFrame(viewer: .nobody, csrf: csrf, now: .now)
        return site.html(site.pages.signIn(page, in: frame), status, cookies: [cookie])
    }

    private func signIn(_ call: Call) async throws -> Response {
        // Another tab of this browser has signed in meanwhile, and so used up the form of this one.
        if site.cookies.read(site.cookies.form, call) == nil, try await site.visit(call) != nil {
            return site.redirect("/app")
        }
        let csrf = site.cookies.read(site.cookies.form, call).map(SessionStore.csrf) ?? ""
        let form = try await site.form(call, csrf)
        let next = form["next"] ?? ""
        let presented = (form["key"] ?? "").trimmed
        switch try await site.access.signIn(presented, address: call.client) {
        case .wait(let seconds):
            let page = SignInPage(next: next, problem: "Too many wrong keys. Try again in \(seconds) seconds.")
            return try show(call, page, .tooManyRequests)
        case .refused:
            return try show(call, SignInPage(next: next, problem: "This key opens nothing."), .unauthorized)
        case .disabled:
            let page = SignInPage(next: next, problem: "This account has been switched off. Ask your operator.")
            return try show(call, page, .forbidden)
        case .admitted(let holder): return try await begin(holder, next, call)
        }
    }

    private func signInByLink(_ call: Call) async throws -> Response {
        let csrf = site.cookies.read(site.cookies.form, call).map(SessionStore.csrf) ?? ""
        let form = try await site.form(call, csrf)
        let token = form["token"] ?? ""
        let tenant = try await site.sessions.useLink(token)
        func refuse(_ words: String, _ status: HTTPResponse.Status) -> Response {
            let frame = PageFrame(viewer: .nobody, csrf: csrf, now: .now)
            return site.html(site.pages.signInLink(SignInLinkPage(token: "", problem: words), in: frame), status)
        }
        switch try await site.access.signIn(byLinkOf: tenant, token, address: call.client) {
        case .admitted(let holder): return try await begin(holder, "", call)
        case .refused: return refuse("This link was used before, or is too old. Ask for a new one.", .gone)
        case .disabled: return refuse("This account has been switched off. Ask your operator.", .forbidden)
        case .wait(let seconds):
            return refuse("Too many wrong links or keys. Try again in \(seconds) seconds.", .tooManyRequests)
        }
    }

    /// A session of its own for each sign-in: an earlier name is worth nothing afterwards.
    private func begin(_ holder: SessionStore.Holder, _ next: String, _ call: Call) async throws -> Response {
        if let old = site.cookies.read(site.cookies.session, call) { try await site.sessions.end(old) }
        let token = try await site.sessions.begin(holder)
        let isOurs =
            next.hasPrefix("/app/") && !next.contains("\\") && !next.contains("//")
            && next.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        return site.redirect(
            isOurs ? next : Self.home(holder == .operator),
            cookies: [
                site.cookies.set(site.cookies.session, token, seconds: SessionStore.sessionSeconds),
                site.cookies.set(site.cookies.form, "", seconds: 0),
            ])
    }
}

extension String {
    var trimmed: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
