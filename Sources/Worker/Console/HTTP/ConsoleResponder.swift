internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import Postgres
internal import RedisClient
internal import Tenants

/// Answers every request: finds its route, tells errors as problem documents, and sets the headers that all answers have.
struct ConsoleResponder: HTTPResponder {
    let routes: RouteTable
    let configuration: ConsoleConfiguration
    let logger: Logger

    func respond(to request: Request, context: ConsoleContext) async throws -> Response {
        let start = ContinuousClock.now
        var response: Response
        do {
            response = try await answer(request, context)
        } catch {
            response = Answer.problem(Self.problem(for: error, request, logger))
        }
        for field in Self.headers where response.headers[field.name] == nil { response.headers.append(field) }
        if configuration.publicURL?.isSecure == true { response.headers[Self.transport] = "max-age=31536000" }
        // Refusals do not say it: how long a key was looked at is nobody's business.
        if (200..<300).contains(response.status.code) {
            let tenths = Int((ContinuousClock.now - start) / .microseconds(100))
            response.headers[Self.serverTiming] = "app;dur=\(tenths / 10).\(tenths % 10)"
        }
        if request.method == .head { response.body = ResponseBody() }
        return response
    }

    private func answer(_ request: Request, _ context: ConsoleContext) async throws -> Response {
        if let site = configuration.publicURL, !site.isNamed(by: request.head.authority ?? "") {
            throw Problem(
                .misdirectedRequest, "misdirected", "This is not the site that was asked for.",
                detail: "The Host header does not name the site that CONSOLE_PUBLIC_URL says.")
        }
        if request.method == .get, let page = Self.page(meantBy: request.uri.path) {
            return Response(status: .seeOther, headers: [.location: page, .cacheControl: "no-store"])
        }
        let (route, parameters) = try routes.find(request.method, request.uri.path)
        let client = configuration.trustedProxies.client(
            peer: context.peer, forwarded: request.headers[values: Self.forwardedFor])
        return try await route.handle(Call(request: request, parameters: parameters, client: client))
    }

    /// Where somebody wanted to go who typed the site alone, or a page with a slash behind it; nil for all else.
    private static func page(meantBy path: String) -> String? {
        if path == "/" { return "/app" }
        guard path.hasPrefix("/app/"), path.hasSuffix("/") else { return nil }
        let rest = path.split(separator: "/").joined(separator: "/")
        return "/" + rest
    }

    static func problem(for error: any Error, _ request: Request, _ logger: Logger) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let error as TooManyKeys:
            return Problem(.conflict, "too_many_keys", "There are too many API keys.", detail: error.description)
        case let error as PostgresError where error.passes != nil:
            logger.warning("the console has no Postgres", metadata: ["error": "\(error)"])
            return .unavailable(error.passes ?? "")
        case let error as RedisError:
            logger.warning("the console has no Redis", metadata: ["error": "\(error)"])
            return .unavailable("The queues do not answer.")
        case let error as any HTTPResponseError:
            return Problem(error.status, "bad_request", error.status.reasonPhrase)
        case let error:
            logger.error(
                "a request failed",
                metadata: ["method": "\(request.method)", "error": "\(String(describing: error))"])
            return .failure
        }
    }

    static let forwardedFor = HTTPField.Name.known("X-Forwarded-For")
    private static let serverTiming = HTTPField.Name.known("Server-Timing")
    private static let transport = HTTPField.Name.known("Strict-Transport-Security")
    private static let headers: [HTTPField] = [
        HTTPField(name: .known("X-Content-Type-Options"), value: "nosniff"),
        HTTPField(name: .known("Referrer-Policy"), value: "no-referrer"),
        HTTPField(name: .known("Cross-Origin-Resource-Policy"), value: "same-origin"),
        HTTPField(name: .contentSecurityPolicy, value: "default-src 'none'; frame-ancestors 'none'"),
    ]
}

extension PostgresError {
    /// What the caller is told of an error that is over in a while, as during a failover; nil for any other.
    fileprivate var passes: String? {
        switch kind {
        case .connection, .timeout, .cancelled: "The database does not answer."
        case .outcomeUnknown: "The database's answer was lost: perhaps it was done."
        case .readOnly: "The database takes no changes just now."
        case .resources: "The database has no room just now."
        case .serialization: "Others are changing the same just now."
        case .integrity, .data, .usage, .other: nil
        }
    }
}

extension HTTPField.Name {
    /// A name that is written out in our code and is valid.
    static func known(_ name: String) -> HTTPField.Name {
        HTTPField.Name(name) ?? .accept
    }
}
