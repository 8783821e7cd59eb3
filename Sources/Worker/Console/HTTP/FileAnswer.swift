internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import MediaFiles
internal import NIOCore
internal import Tenants

/// Serves a file that somebody else has written, so that no browser takes it for a part of the console: a picture shows,
/// anything else is an attachment, and whatever it holds runs in a sandbox without an origin. Ranges are not served.
struct FileAnswer: Sendable {
    /// Who opened it stays its only reader; whether it is still there is asked each time.
    private static let caching = "private, no-cache"
    private static let policy = "sandbox; default-src 'none'; style-src 'unsafe-inline'"

    let files: any MediaStorage
    let logger: Logger

    /// - Parameter id: the message's, or Meta's of the file.
    func response(_ call: Call, _ id: String, from database: ScopedDatabase) async throws -> Response {
        let tenant = database.tenant
        let found = try await database.withTransaction { session in
            try MediaReader.load(id, of: tenant, in: session)
        }
        guard let found, let name = MediaName(tenant: tenant.value, message: found.message) else {
            throw Problem.notFound
        }
        if found.isRevoked {
            throw Problem(.gone, "deleted", "The message was deleted by its sender.")
        }
        switch found.file.state {
        case "stored": break
        case "failed":
            throw Problem(.gone, "not_fetched", "The file could not be fetched.", detail: found.file.reason)
        case _:
            var problem = Problem(
                .conflict, "not_yet", "The file is not there yet.", detail: found.file.reason ?? "It is being fetched.")
            problem.headers[.retryAfter] = "5"
            throw problem
        }
        var headers = Self.headers(of: found)
        if let tag = headers[.eTag], Self.holds(call.header(.ifNoneMatch), tag) {
            headers[.contentType] = nil
            headers[.contentDisposition] = nil
            return Response(status: .notModified, headers: headers)
        }
        return Response(status: .ok, headers: headers, body: try await body(name))
    }

    private func body(_ name: MediaName) async throws -> ResponseBody {
        do throws(MediaStorageError) {
            guard let file = try await files.open(name) else {
                throw MediaStorageError("does not hold a file that is stored: is it the one that all Workers share?")
            }
            return ResponseBody(contentLength: Int(file.size)) { writer in
                while let bytes = try await file.read() { try await writer.write(bytes) }
                try await writer.finish(nil)
            }
        } catch {
            logger.error("a file could not be served", metadata: ["error": "\(error)"])
            throw Problem.unavailable("The file cannot be read just now.")
        }
    }

    private static func headers(of file: ServedFile) -> HTTPFields {
        let type = file.mimeType.flatMap(MIMEType.init)
        let name = file.filename ?? type.flatMap(\.fileExtension).map { "\(file.message).\($0)" } ?? file.message
        var headers: HTTPFields = [
            .contentType: type?.served ?? "application/octet-stream", .cacheControl: caching,
            .contentSecurityPolicy: policy, .acceptRanges: "none",
            .contentDisposition: (type?.isPicture == true ? "inline" : "attachment")
                + "; filename*=UTF-8''\(PageSite.encoded(name))",
        ]
        if let digest = file.digest { headers[.eTag] = "\"\(digest)\"" }
        return headers
    }

    private static func holds(_ header: String?, _ tag: String) -> Bool {
        guard let header else { return false }
        return header.split(separator: ",").contains { part in
            let part = part.filter { $0 != " " }
            return part == "*" || part == tag || part == "W/\(tag)"
        }
    }
}
