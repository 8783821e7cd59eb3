internal import AsyncHTTPClient
internal import Dispatch
public import NIOCore
internal import NIOHTTP1
internal import NIOSSL

/// Fetches the bytes of files. The access token goes to Meta's hosts only, and along no redirect.
public final class MediaFetcher: Sendable {
    /// Bytes that are handed over at once.
    private static let chunk = 256 * 1_024
    /// Of an answer that is no file.
    private static let errorLimit = 64 * 1_024
    /// Without a single byte for so long, a download is given up.
    private static let idleLimit: TimeAmount = .seconds(20)

    private let hosts: MediaHosts
    private let client: HTTPClient

    /// - Parameter connections: as many as files may be fetched at once.
    public init(hosts: MediaHosts, connections: Int) {
        self.hosts = hosts
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateVerification = .fullVerification
        tls.minimumTLSVersion = .tlsv12
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
        configuration.timeout = .init(connect: .seconds(5), read: Self.idleLimit)
        configuration.connectionPool.idleTimeout = .seconds(12)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = max(1, connections)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        // The hash is of what was sent, and a small answer must not become a large file.
        configuration.decompression = .disabled
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    deinit {
        // Whoever forgot to shut it down gets it done here; the closure keeps the HTTP client alive until it is.
        let client = client
        client.shutdown(queue: .global()) { _ in _ = client }
    }

    /// Closes all connections.
    public func shutdown() async {
        try? await client.shutdown()
    }

    /// Fetches one file.
    /// - Parameters:
    ///   - limit: bytes; a larger file is given up as soon as that shows.
    ///   - deadline: for all of it.
    ///   - sink: gets the bytes in their order, and holds the sender up for as long as it takes.
    ///
    /// Throws what `sink` throws, and `CancellationError`.
    public func fetch(
        _ url: String, token: String, limit: Int64, deadline: Duration,
        into sink: (ByteBuffer) async throws -> Void
    ) async throws -> MediaFetchResult {
        guard hosts.allow(url) else { return .foreignHost(MediaHosts.host(of: url)) }
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        let end = NIODeadline.now() + TimeAmount(deadline)
        do {
            let response = try await client.execute(request, deadline: end)
            let status = Int(response.status.code)
            if (300..<400).contains(status) { return .redirected }
            guard (200..<300).contains(status) else { return .refused(try await Self.refusal(response, status)) }
            let length = response.headers.first(name: "content-length").flatMap { Int64($0) }
            if let length, length > limit { return .tooLarge }
            return try await Self.read(response, limit: limit, announced: length, end: end, into: sink)
        } catch let error as SinkFailure {
            throw error.cause
        } catch {
            try Task.checkCancellation()
            return .broken(reason: GraphFailure.reason(error))
        }
    }

    private static func read(
        _ response: HTTPClientResponse, limit: Int64, announced: Int64?, end: NIODeadline,
        into sink: (ByteBuffer) async throws -> Void
    ) async throws -> MediaFetchResult {
        var (size, gathered): (Int64, ByteBuffer) = (0, ByteBuffer())
        for try await part in response.body {
            size += Int64(part.readableBytes)
            if size > limit { return .tooLarge }
            if NIODeadline.now() > end { return .broken(reason: "it took too long") }
            gathered.writeImmutableBuffer(part)
            if gathered.readableBytes >= chunk {
                try await hand(gathered, to: sink)
                gathered = ByteBuffer()
            }
        }
        try await hand(gathered, to: sink)
        if let announced, announced != size { return .broken(reason: "only a part of it came") }
        return .complete(mimeType: response.headers.first(name: "content-type"), size: size)
    }

    /// What went wrong on our side, told from what went wrong on the way.
    private struct SinkFailure: Error {
        let cause: any Error
    }

    private static func hand(_ bytes: ByteBuffer, to sink: (ByteBuffer) async throws -> Void) async throws {
        guard bytes.readableBytes > 0 else { return }
        do { try await sink(bytes) } catch { throw SinkFailure(cause: error) }
    }

    private static func refusal(_ response: HTTPClientResponse, _ status: Int) async throws -> GraphRefusal {
        // What cannot be read of it changes nothing: the status alone says that this is no file.
        let body = (try? await response.body.collect(upTo: errorLimit)) ?? ByteBuffer()
        return GraphAnswer.refusal(GraphReply(status: status, headers: response.headers, body: body))
    }
}
