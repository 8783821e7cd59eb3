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
                guard let visit = try await site.visit(call) else { return site.redirect("/app/sign-in") }
                return site.redirect(Self.home(visit.tenantID == nil))
            },
            site.open(.get, "/app/sign-in") { call in
                try show(call, SignInPage(next: call.query["next"] ?? ""))
            },
            site.open(.post, "/app/sign-in") { call in try await signIn(call) },
            site.open(.get, "/app/sign-in/link") { call in
                let (csrf, cookie) = try formToken(call)
                let frame = PageFrame(viewer: .nobody, csrf: csrf, now: PageSite.now)
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
        let frame = PageFrame(viewer: .nobody, csrf: csrf, now: PageSite.now)
        return site.html(site.pages.signIn(page, in: frame), status, cookies: [cookie])
    }

    private func signIn(_ call: Call) async throws -> Response {
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
        guard let tenant = try await site.sessions.useLink(form["token"] ?? "") else {
            let page = SignInLinkPage(
                token: "", problem: "This link was used before, or is too old. Ask for a new one.")
            let frame = PageFrame(viewer: .nobody, csrf: csrf, now: PageSite.now)
            return site.html(site.pages.signInLink(page, in: frame), .gone)
        }
        return try await begin(.tenant(tenant, keyID: 0), "", call)
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
