internal import AsyncHTTPClient
internal import NIOHTTP1
internal import Synchronization

/// Requests by what they ask for, without headers and body. Taking a URL apart costs more than all else that is done to a
/// request, so those of the numbers in use are kept.
final class GraphEndpoints: Sendable {
    enum Endpoint: Hashable {
        case messages(String)
        case number(String)
        /// Of a WABA.
        case subscribedApps(String)
        /// Of a WABA; `after`: where the page before ended.
        case phoneNumbers(String, after: String?)
        /// A file that came with a message, and the number that it came to.
        case media(String, number: String)

        /// Whether it is asked for again and again.
        fileprivate var isKept: Bool {
            switch self {
            case .messages, .number, .subscribedApps: true
            case .media, .phoneNumbers: false
            }
        }
    }

    private struct Key: Hashable {
        let endpoint: Endpoint
        let proof: String?
    }

    /// Numbers whose requests are kept; beyond it the memory starts anew.
    private static let limit = 4_096

    private let prefix: String
    private let kept = Mutex<[Key: HTTPClient.Request]>([:])

    init(prefix: String) {
        self.prefix = prefix
    }

    /// - Parameter proof: `appsecret_proof`, in hexadecimal digits.
    func request(_ method: HTTPMethod, _ endpoint: Endpoint, proof: String?) throws -> HTTPClient.Request {
        let key = Key(endpoint: endpoint, proof: proof)
        if let request = kept.withLock({ $0[key] }) { return request }
        let request = try HTTPClient.Request(url: url(endpoint, proof: proof), method: method)
        guard endpoint.isKept else { return request }
        kept.withLock { kept in
            if kept.count >= Self.limit { kept.removeAll(keepingCapacity: true) }
            kept[key] = request
        }
        return request
    }

    func url(_ endpoint: Endpoint, proof: String?) -> String {
        switch endpoint {
        case .messages(let number):
            prefix + Self.encoded(number) + "/messages" + (proof.map { "?appsecret_proof=\($0)" } ?? "")
        case .number(let number):
            prefix + Self.encoded(number) + "?fields=id,display_phone_number,verified_name,quality_rating"
                + (proof.map { "&appsecret_proof=\($0)" } ?? "")
        case .media(let id, let number):
            prefix + Self.encoded(id) + "?phone_number_id=" + Self.encoded(number)
                + (proof.map { "&appsecret_proof=\($0)" } ?? "")
        case .subscribedApps(let account):
            prefix + Self.encoded(account) + "/subscribed_apps" + (proof.map { "?appsecret_proof=\($0)" } ?? "")
        case .phoneNumbers(let account, let after):
            prefix + Self.encoded(account) + "/phone_numbers?fields=id"
                + (after.map { "&after=" + Self.encoded($0) } ?? "") + (proof.map { "&appsecret_proof=\($0)" } ?? "")
        }
    }

    /// A path segment in which only unreserved characters (RFC 3986, section 2.3) stand for themselves. Segments of dots
    /// alone are encoded, too: they would climb up the path.
    static func encoded(_ segment: String) -> String {
        let isDots = segment.utf8.allSatisfy { $0 == UInt8(ascii: ".") }
        var encoded = ""
        for byte in segment.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: ".") where !isDots:
                encoded += "."
            case _:
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return encoded
    }
}
