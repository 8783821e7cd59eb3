/// A media type (RFC 9110, section 8.3.1) without its parameters, in lower case.
public struct MIMEType: Sendable, Hashable, CustomStringConvertible {
    /// Such as `image/jpeg`.
    public let text: String

    /// Nil if the text is no media type, or longer than 127 bytes on either side of the slash (RFC 6838, section 4.2).
    public init?(_ written: String) {
        let name = written.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased()
        let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ (1...127).contains($0.count) && $0.allSatisfy(Self.isToken) })
        else { return nil }
        text = name
    }

    /// What stands before the slash.
    public var major: String { String(text.prefix { $0 != "/" }) }

    /// Whether a browser may show it within a page: pictures that hold no program.
    public var isPicture: Bool { ["image/jpeg", "image/png", "image/webp", "image/gif"].contains(text) }

    /// Under which type it is served: its own where no browser makes a page or a program of it, else a heap of bytes.
    public var served: String {
        let isHarmless =
            isPicture || ["audio", "video"].contains(major)
            || ["application/pdf", "text/plain", "application/zip"].contains(text)
            || text.hasPrefix("application/vnd.openxmlformats-officedocument.")
            || ["application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"].contains(text)
        return isHarmless ? text : "application/octet-stream"
    }

    /// What a file of this type is commonly called; nil where that is not known.
    public var fileExtension: String? {
        switch text {
        case "image/jpeg": "jpg"
        case "image/png": "png"
        case "image/webp": "webp"
        case "image/gif": "gif"
        case "audio/ogg", "audio/opus": "ogg"
        case "audio/mpeg": "mp3"
        case "audio/mp4", "audio/x-m4a": "m4a"
        case "audio/aac": "aac"
        case "audio/amr": "amr"
        case "video/mp4": "mp4"
        case "video/3gpp", "video/3gp": "3gp"
        case "application/pdf": "pdf"
        case "text/plain": "txt"
        case _: nil
        }
    }

    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "-"),
            UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "+"):
            true
        case _: false
        }
    }

    public var description: String { text }
}
