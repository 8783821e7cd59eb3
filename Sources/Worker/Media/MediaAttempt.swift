internal import GraphClient
internal import MediaFiles
internal import NIOCore
internal import OpenSSLKit
internal import SendPolicy

/// One attempt to fetch one file: asks where it is, fetches it, checks it, and puts it under its name.
struct MediaAttempt: Sendable {
    /// Milliseconds after which storage that does not work is tried again.
    private static let storageWait: Int64 = 30_000
    /// Attempts when what comes is wrong, or WhatsApp says that there is nothing: another look may differ, but not many.
    private static let fewAttempts = 3

    let graph: GraphClient
    let fetcher: MediaFetcher
    let storage: any MediaStorage
    /// For the download, the look-up not counted.
    let deadline: Duration

    /// Throws `CancellationError`; what was begun is removed then.
    func run(_ order: MediaOrder, token: String) async throws -> MediaOutcome {
        let kind = order.kind
        let named = order.mimeType.flatMap(MIMEType.init)
        if let named, !kind.allows(named) { return .failed(.wrongType(named, kind)) }
        let media: GraphMedia
        switch await graph.lookUp(media: order.mediaID, phoneNumberID: order.number, token: token) {
        case .found(let found): media = found
        case .refused(let refusal): return Self.outcome(of: refusal)
        case .unreachable(let reason):
            try Task.checkCancellation()
            return .again(.unreachable(reason), wait: nil, limit: nil)
        }
        guard let type = named ?? media.mimeType.flatMap(MIMEType.init), kind.allows(type) else {
            return .failed(.wrongType(media.mimeType.flatMap(MIMEType.init), kind))
        }
        if let size = media.size, size > kind.limit { return .failed(.tooLarge(kind)) }
        do {
            let upload = try await storage.create(order.name)
            do {
                let outcome = try await fetch(media, for: order, type: type, token: token, into: upload)
                if case .stored = outcome { return outcome }
                await upload.abandon()
                return outcome
            } catch {
                await upload.abandon()
                throw error
            }
        } catch let error as MediaStorageError {
            try Task.checkCancellation()
            return .later(.storage(error), wait: Self.storageWait)
        }
    }

    private func fetch(
        _ media: GraphMedia, for order: MediaOrder, type: MIMEType, token: String, into upload: any MediaUpload
    ) async throws -> MediaOutcome {
        var hash = SHA256()
        let result = try await fetcher.fetch(
            media.url, token: token, limit: order.kind.limit, deadline: deadline
        ) { bytes in
            bytes.withUnsafeReadableBytes { hash.update($0) }
            try await upload.write(bytes)
        }
        switch result {
        case .complete(_, let size):
            if let announced = media.size, announced != size {
                return .again(.wrongSize(announced: announced, got: size), wait: nil, limit: Self.fewAttempts)
            }
            let digest = hash.finalized()
            guard MediaDigests(order.sha256, media.sha256).fit(digest) else {
                return .again(.wrongHash, wait: nil, limit: Self.fewAttempts)
            }
            try await upload.finish()
            return .stored(MediaReceipt(size: size, digest: digest, mimeType: type.text))
        case .refused(let refusal): return Self.outcome(of: refusal)
        case .redirected: return .again(.redirected, wait: nil, limit: Self.fewAttempts)
        case .foreignHost(let host): return .again(.foreignHost(host), wait: nil, limit: Self.fewAttempts)
        case .tooLarge: return .failed(.tooLarge(order.kind))
        case .broken(let reason): return .again(.broken(reason), wait: nil, limit: nil)
        }
    }

    /// What an error means for a file. The table says what it means for sends: it judges the number and the app in the
    /// same way, but "may have been sent" is nothing to fear here, and an unknown object is the file, not the number.
    static func outcome(of refusal: GraphRefusal) -> MediaOutcome {
        let isUnknownObject = refusal.code == 100 || (refusal.code == nil && [404, 410].contains(refusal.httpStatus))
        if isUnknownObject { return .again(.gone, wait: nil, limit: fewAttempts) }
        let rule = refusal.rule
        let reason = MediaReason.refused(rule, status: refusal.httpStatus)
        let wait = (refusal.retryAfterSeconds ?? rule.waitSeconds).map { Int64($0) * 1_000 }
        switch rule.class {
        case .pauseNumber: return .pause(SendReason.sentences(rule))
        case .retryApp, .retryNumber, .retryRecipient: return .later(reason, wait: max(wait ?? 0, 60_000))
        case .retryMessage, .maybeSent: return .again(reason, wait: wait, limit: nil)
        case .fail, .useTemplate: return .again(reason, wait: wait, limit: fewAttempts)
        }
    }
}
