internal import MediaFiles
internal import SendPolicy

/// Why a file is not there: a stable code for grouping, and a sentence that its tenant reads.
struct MediaReason: Sendable, Equatable {
    enum Code: String, Sendable, CaseIterable {
        case expired, gone, redirected, refused, broken, unreachable, storage, paused, crashed
        case wrongHash = "wrong-hash"
        case wrongSize = "wrong-size"
        case wrongType = "wrong-type"
        case tooLarge = "too-large"
        case noNumber = "no-number"
        case foreignHost = "foreign-host"
    }

    let code: Code
    let text: String

    private init(_ code: Code, _ text: String) {
        self.code = code
        self.text = text
    }

    static let expired = MediaReason(
        .expired, "WhatsApp keeps a file for seven days, and in that time it could not be fetched.")
    static let gone = MediaReason(
        .gone, "WhatsApp does not have the file any more, or does not give it to this access token.")
    static let wrongHash = MediaReason(
        .wrongHash, "What came was not the file that was sent: its SHA-256 is not the one that WhatsApp had announced.")
    static let redirected = MediaReason(
        .redirected,
        "The download led to another address. It was not followed, because the access token would have gone along.")
    static let crashed = MediaReason(
        .crashed, "The processes that fetched the file ended in the middle, again and again.")

    static func wrongSize(announced: Int64, got: Int64) -> MediaReason {
        MediaReason(.wrongSize, "What came was not the whole file: \(got) bytes of \(announced).")
    }

    static func wrongType(_ type: MIMEType?, _ kind: MediaKind) -> MediaReason {
        MediaReason(
            .wrongType,
            type.map { "A file of the type \($0) is not taken as \(kind.words)." }
                ?? "WhatsApp did not say what type of file it is.")
    }

    static func tooLarge(_ kind: MediaKind) -> MediaReason {
        MediaReason(.tooLarge, "The file is too large: \(kind.words) may have up to \(kind.limitWords).")
    }

    static func foreignHost(_ host: String?) -> MediaReason {
        MediaReason(
            .foreignHost,
            "WhatsApp named an address for the file that is not Meta's\(host.map { " (\($0))" } ?? ""). Nothing was sent "
                + "there.")
    }

    static func broken(_ reason: String) -> MediaReason {
        MediaReason(.broken, "The download broke off: \(reason).")
    }

    static func unreachable(_ reason: String) -> MediaReason {
        MediaReason(.unreachable, "WhatsApp could not be asked for the file: \(reason).")
    }

    static func refused(_ rule: SendErrorRule, status: Int) -> MediaReason {
        let error = rule.code.map { "error \($0)" } ?? "HTTP \(status)"
        return MediaReason(.refused, "WhatsApp did not hand out the file (\(error): \(rule.title)).")
    }

    static func storage(_ error: MediaStorageError) -> MediaReason {
        MediaReason(.storage, "The file cannot be kept: \(error). It is fetched once that works again.")
    }

    static let noNumber = MediaReason(
        .noNumber,
        "No number is set up, or an operator has switched the account off. Without its access token nothing "
            + "can be fetched.")
    static let paused = MediaReason(
        .paused, "The number is paused, see the settings. The file is fetched once it goes on.")
}

extension MediaKind {
    fileprivate var words: String {
        switch self {
        case .image: "a picture"
        case .sticker: "a sticker"
        case .audio: "a sound"
        case .video: "a video"
        case .document: "a document"
        }
    }

    fileprivate var limitWords: String {
        limit >= 1_024 * 1_024 ? "\(limit / 1_024 / 1_024) MB" : "\(limit / 1_024) KB"
    }
}
