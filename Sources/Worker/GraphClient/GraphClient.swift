internal import AsyncHTTPClient
internal import Dispatch
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
internal import OpenSSLKit
internal import OperationsKit

/// The Graph API as this product uses it: sends messages, looks up numbers and files. Every answer and every failure is a value
/// of the result; nothing throws, nothing is retried here, and nothing is logged.
public final class GraphClient: Sendable {
    private let configuration: GraphConfiguration
    private let proof: HMACSHA256?
    private let client: HTTPClient
    private let endpoints: GraphEndpoints

    public init(_ configuration: GraphConfiguration) {
        self.configuration = configuration
        proof = configuration.appSecret.map { HMACSHA256(key: $0.reveal()) }
        endpoints = GraphEndpoints(prefix: "\(configuration.baseURL)/\(configuration.apiVersion)/")
        client = HTTPClient(
            eventLoopGroupProvider: .singleton, configuration: Self.httpConfiguration(configuration))
    }

    deinit {
        // Whoever forgot to shut it down gets it done here; the closure keeps the HTTP client alive until it is.
        let client = client
        client.shutdown(queue: .global()) { _ in _ = client }
    }

    /// Closes all connections. Requests under way fail as if they had been cut.
    public func shutdown() async {
        try? await client.shutdown()
    }

    /// Hands a message to Meta.
    /// - Parameters:
    ///   - phoneNumberID: The number that sends.
    ///   - token: Its access token. It leaves this process in the `Authorization` header only.
    ///   - callbackData: `biz_opaque_callback_data`, up to 512 characters: comes back in every status.
    public func send(
        _ message: GraphMessage, from phoneNumberID: String, token: String, callbackData: String
    ) async -> GraphSendResult {
        let outcome = await exchange(.POST, .messages(phoneNumberID), token: token) {
            message.body(callbackData: callbackData)
        }
        switch outcome {
        case .reply(let reply): return GraphAnswer.send(reply)
        case .unusableToken: return .refused(Self.unusableToken)
        case .notSent(let reason): return .notSent(reason: reason)
        case .lost(let reason): return .unknown(reason: reason)
        }
    }

    /// Asks for a number's name and quality, and so whether this token reads this number.
    public func lookUp(phoneNumberID: String, token: String) async -> GraphLookupResult {
        let outcome = await exchange(.GET, .number(phoneNumberID), token: token) { nil }
        switch outcome {
        case .reply(let reply): return GraphAnswer.lookUp(reply)
        case .unusableToken: return .refused(Self.unusableToken)
        case .notSent(let reason), .lost(let reason): return .unreachable(reason: reason)
        }
    }

    /// Asks where a file is. The address that comes back lives for five minutes.
    /// - Parameter phoneNumberID: the number that the file came to.
    public func lookUp(media id: String, phoneNumberID: String, token: String) async -> GraphMediaResult {
        let outcome = await exchange(.GET, .media(id, number: phoneNumberID), token: token) { nil }
        switch outcome {
        case .reply(let reply): return GraphAnswer.media(reply)
        case .unusableToken: return .refused(Self.unusableToken)
        case .notSent(let reason), .lost(let reason): return .unreachable(reason: reason)
        }
    }

    /// Asks which apps get the account's webhooks: `GET /<WABA id>/subscribed_apps`, of Meta's page "Manage webhooks".
    public func subscribedApps(wabaID: String, token: String) async -> GraphSubscriptionResult {
        let outcome = await exchange(.GET, .subscribedApps(wabaID), token: token) { nil }
        switch outcome {
        case .reply(let reply): return GraphAnswer.subscribedApps(reply)
        case .unusableToken: return .refused(Self.unusableToken)
        case .notSent(let reason), .lost(let reason): return .unreachable(reason: reason)
        }
    }

    /// Asks whether an account has a number: `GET /<WABA id>/phone_numbers`, of Meta's page "Phone numbers" of a WhatsApp
    /// Business Account, one page of its list after the other.
    public func holds(wabaID: String, phoneNumberID: String, token: String) async -> GraphHoldingResult {
        var after: String?
        for _ in 0..<Self.mostPages {
            let outcome = await exchange(.GET, .phoneNumbers(wabaID, after: after), token: token) { nil }
            switch outcome {
            case .reply(let reply):
                switch GraphAnswer.phoneNumbers(reply) {
                case .page(let ids, _) where ids.contains(phoneNumberID): return .holds
                case .page(_, let next):
                    guard let next, next != after else { return .doesNotHold }
                    after = next
                case .refused(let refusal): return .refused(refusal)
                case .unreadable(let reason): return .unreachable(reason: reason)
                }
            case .unusableToken: return .refused(Self.unusableToken)
            case .notSent(let reason), .lost(let reason): return .unreachable(reason: reason)
            }
        }
        return .unreachable(reason: "the account's list of numbers does not end")
    }

    private enum Outcome {
        case reply(GraphReply)
        case unusableToken
        case notSent(reason: String)
        case lost(reason: String)
    }

    private func exchange(
        _ method: HTTPMethod, _ endpoint: GraphEndpoints.Endpoint, token: String, body: () -> ByteBuffer?
    ) async -> Outcome {
        // Such a token would make a header that cannot be written; it is as good as revoked.
        guard !token.isEmpty, token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return .unusableToken }
        let delegate = GraphReplyDelegate()
        do {
            let proof = proof.map { Hex.encode($0.authenticate(token).bytes) }
            var request = try endpoints.request(method, endpoint, proof: proof)
            request.headers.add(name: "Authorization", value: "Bearer \(token)")
            if let body = body() {
                request.headers.add(name: "Content-Type", value: "application/json")
                request.body = .byteBuffer(body)
            }
            let deadline = NIODeadline.now() + TimeAmount(configuration.deadline)
            return .reply(try await client.execute(request: request, delegate: delegate, deadline: deadline).get())
        } catch {
            let reason = GraphFailure.reason(error)
            return delegate.didWriteHead ? .lost(reason: reason) : .notSent(reason: reason)
        }
    }

    /// Of an account's list of numbers that are looked through.
    private static let mostPages = 40

    private static let unusableToken = GraphRefusal(
        code: 190, httpStatus: 0, message: "The access token holds characters that no access token can hold")

    private static func httpConfiguration(_ graph: GraphConfiguration) -> HTTPClient.Configuration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateVerification = .fullVerification
        tls.minimumTLSVersion = .tlsv12
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
        configuration.timeout = .init(connect: TimeAmount(graph.connectTimeout), read: TimeAmount(graph.deadline))
        configuration.connectionPool.idleTimeout = TimeAmount(graph.idleLimit)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = graph.connections
        // Whoever calls has the better rule for trying again, and wants to know at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        // One request in flight for each connection: then a cut connection leaves one send unknown, not a hundred.
        configuration.httpVersion = .http1Only
        configuration.decompression = .disabled
        return configuration
    }
}
