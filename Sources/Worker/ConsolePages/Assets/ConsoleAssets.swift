/// The files that the pages load: nothing comes from anywhere else.
public enum ConsoleAssets {
    public static let all = [styles, script, icon]

    static let styles = ConsoleAsset(
        name: "console", suffix: "css", contentType: "text/css; charset=utf-8", bytes: PackageResources.console_css)
    static let script = ConsoleAsset(
        name: "console", suffix: "js", contentType: "text/javascript; charset=utf-8", bytes: PackageResources.console_js
    )
    static let icon = ConsoleAsset(
        name: "icon", suffix: "svg", contentType: "image/svg+xml", bytes: PackageResources.icon_svg)
}

/// One file; its path changes with its content, so that browsers may keep it for ever.
public struct ConsoleAsset: Sendable {
    public let path: String
    public let contentType: String
    public let body: String

    init(name: String, suffix: String, contentType: String, bytes: [UInt8]) {
        // FNV-1a: tells versions apart, guards nothing.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        path = "/app/assets/\(name)-\(String(hash, radix: 36)).\(suffix)"
        self.contentType = contentType
        body = String(decoding: bytes, as: UTF8.self)
    }
}
