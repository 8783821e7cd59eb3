/// The version of the settings as `ETag` and `If-Match` carry it.
enum ConfigVersion {
    static func tag(_ version: Int64) -> String { "\"\(version)\"" }

    /// The version that a caller expects; nil: any.
    static func expected(_ header: String?) throws(Problem) -> Int64? {
        guard let header, header != "*" else { return nil }
        let text = header.hasPrefix("W/") ? header.dropFirst(2) : header[...]
        let digits = text.hasPrefix("\"") && text.hasSuffix("\"") && text.count > 2 ? text.dropFirst().dropLast() : text
        guard let version = Int64(digits), version >= 0 else {
            throw .badRequest("If-Match: expected the ETag of an answer, such as \"7\", or *")
        }
        return version
    }
}
