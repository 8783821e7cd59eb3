/// What a tenant has set for a number, as far as the lanes need it.
public struct LaneSetting: Sendable, Equatable {
    public static let defaultPerSecond = 80

    public var number: String
    /// Sends per second.
    public var perSecond: Int
    /// The WABA that the number belongs to.
    public var waba: String?

    public init(number: String, perSecond: Int = defaultPerSecond, waba: String? = nil) {
        self.number = number
        self.perSecond = perSecond
        self.waba = waba
    }

    /// `<sends per second> <WABA>`, as Redis holds it.
    var text: String { "\(min(max(perSecond, 1), 1_000_000)) \(waba ?? "")" }

    /// The WABA in such a text; nil where it names none. A rate alone is no WABA, whatever its digits are.
    static func waba(in text: String) -> String? {
        guard let blank = text.firstIndex(of: " ") else { return nil }
        let waba = text[text.index(after: blank)...]
        return waba.isEmpty ? nil : String(waba)
    }
}
