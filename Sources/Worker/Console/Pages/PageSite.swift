internal import ConsolePages
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Postgres
internal import Tenants

/// What all pages have in common: who looks, the frame, the headers, and how errors look.
struct PageSite: Sendable {
    let services: ConsoleServices
    let access: Access
    let pages: ConsolePages
    let sessions: SessionStore
    let cookies: ConsoleCookies

    init(_ services: ConsoleServices, _ access: Access) throws {
        self.services = services
        self.access = access
        pages = try ConsolePages()
        sessions = services.sessions
        cookies = services.cookies
    }

    // MARK: - Routes

    /// A page for anybody.
    func open(
        _ method: HTTPRequest.Method, _ path: String, _ body: @escaping @Sendable (Call) async throws -> Response
    ) -> Route {
        Route(method, path) { call in await guarded(call, viewer: .nobody, csrf: "") { try await body(call) } }
    }

    /// A page of a signed-in tenant.
    func tenant(
        _ method: HTTPRequest.Method, _ path: String,
        _ body: @escaping @Sendable (Call, TenantVisit, FormFields) async throws -> Response
    ) -> Route {
        Route(method, path) { call in
            await guarded(call, viewer: .nobody, csrf: "") {
                guard let visit = try await visit(call) else { return signInFirst(call) }
                return await guarded(call, viewer: visit.viewer, csrf: visit.csrf) {
                    guard case .tenant(let visit) = visit else { throw Problem.forbidden("This is a tenant's page.") }
                    return try await body(call, visit, try await form(call, visit.csrf))
                }
            }
        }
    }

    /// A page for operators; no other site shows it in a frame, whoever may embed the tenants' pages.
    func operators(
        _ method: HTTPRequest.Method, _ path: String,
        _ body: @escaping @Sendable (Call, OperatorVisit, FormFields) async throws -> Response
    ) -> Route {
        Route(method, path) { call in
            var response = await guarded(call, viewer: .nobody, csrf: "") {
                guard let visit = try await visit(call) else { return signInFirst(call) }
                return await guarded(call, viewer: visit.viewer, csrf: visit.csrf) {
                    guard case .operator(let visit) = visit else {
                        throw Problem.forbidden("This page is for operators.")
                    }
                    return try await body(call, visit, try await form(call, visit.csrf))
                }
            }
            response.headers[.contentSecurityPolicy] = Self.policy(ancestors: [])
            return response
        }
    }

    /// Who is signed in; nil: nobody, or somebody whose key or tenant has gone.
    func visit(_ call: Call) async throws -> Visit? {
        guard let session = try await access.session(call) else { return nil }
        switch session.caller {
        case .tenant(let caller):
            return .tenant(TenantVisit(caller: caller, name: session.tenantName, csrf: session.csrf))
        case .operator(let caller): return .operator(OperatorVisit(caller: caller, csrf: session.csrf))
        }
    }

    /// The fields of a posted form, whose CSRF token must be right.
    func form(_ call: Call, _ csrf: String) async throws -> FormFields {
        guard call.request.method == .post else { return FormFields("") }
        let fields = FormFields(String(decoding: try await call.body(), as: UTF8.self))
        guard let token = fields["csrf"], !csrf.isEmpty, SessionStore.isCSRF(token, csrf) else {
            throw Problem(
                .forbidden, "form_expired", "This form has expired.",
                detail: "Go back, load the page again and repeat what you did.")
        }
        return fields
    }

    // MARK: - Answers

    func html(
        _ text: String, _ status: HTTPResponse.Status = .ok, cookies: [HTTPField] = []
    ) -> Response {
        var headers: HTTPFields = [
            .contentType: "text/html; charset=utf-8", .cacheControl: "no-store",
            .contentSecurityPolicy: Self.policy(ancestors: services.configuration.frameAncestors),
        ]
        for cookie in cookies { headers.append(cookie) }
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    func redirect(_ path: String, cookies: [HTTPField] = []) -> Response {
        var headers: HTTPFields = [.location: path, .cacheControl: "no-store"]
        for cookie in cookies { headers.append(cookie) }
        return Response(status: .seeOther, headers: headers)
    }

    private func signInFirst(_ call: Call) -> Response {
        let isPage = call.request.method == .get && !call.request.uri.path.hasSuffix("/fragment")
        let target = isPage ? call.target : FormHome.page(of: call.request.uri.path)
        return redirect("/app/sign-in?next=\(Self.encoded(target))")
    }

    func guarded(
        _ call: Call, viewer: PageViewer, csrf: String, _ body: () async throws -> Response
    ) async -> Response {
        do {
            return try await body()
        } catch {
            let problem = ConsoleResponder.problem(for: error, call.request, services.logger)
            let page = ErrorPage(
                status: problem.status.code, title: problem.title, explanation: problem.detail ?? "",
                back: PageLink(title: "Back to the console", path: "/app"))
            var response = html(
                pages.error(page, in: PageFrame(viewer: viewer, csrf: csrf, now: .now)), problem.status)
            if let retry = problem.headers[.retryAfter] { response.headers[.retryAfter] = retry }
            return response
        }
    }

    private static func policy(ancestors: [String]) -> String {
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; media-src 'self'; "
            + "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors "
            + (ancestors.isEmpty ? "'none'" : ancestors.joined(separator: " "))
    }

    /// For a value in a query.
    static func encoded(_ text: String) -> String {
        let hex = Array("0123456789ABCDEF".utf8)
        var out: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                out.append(byte)
            case _: out += [UInt8(ascii: "%"), hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}

extension Call {
    /// Path and query.
    var target: String {
        let query = request.uri.query.map { "?" + $0 } ?? ""
        return request.uri.path + query
    }
}
