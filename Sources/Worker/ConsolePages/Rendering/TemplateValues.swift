/// What a template reads by name.
///
/// Plain dictionaries, because the library looks into any other type by reflection, which is far too slow for a page of
/// a hundred messages. What is missing is stored as `false`: an absent name would be looked up further out, and a
/// message without a name would show the page's.
struct TemplateValues: ExpressibleByDictionaryLiteral {
    private(set) var dictionary: [String: Any] = [:]

    init() {}

    init(dictionaryLiteral elements: (String, Any?)...) {
        for (name, value) in elements { self[name] = value }
    }

    init(_ values: [String: Any?]) {
        for (name, value) in values { self[name] = value }
    }

    init(_ moment: PageTime) {
        let (date, time) = moment.parts
        let clock = String(time.prefix(5))
        self = ["iso": "\(date)T\(time)Z", "text": "\(date) \(clock) UTC", "clock": clock, "day": date]
    }

    subscript(name: String) -> Any? {
        get { dictionary[name] }
        set { dictionary[name] = Self.plain(newValue) }
    }

    mutating func add(_ other: TemplateValues) {
        dictionary.merge(other.dictionary) { _, new in new }
    }

    private static func plain(_ value: Any?) -> Any {
        switch value {
        case nil: false
        case let values as TemplateValues: values.dictionary
        case let list as [TemplateValues]: list.map(\.dictionary)
        case let time as PageTime: TemplateValues(time).dictionary
        case let number as Int: number.grouped
        case .some(let other): other
        }
    }
}

extension Int {
    /// Of what is not counted any further.
    var counted: String { self > 10_000 ? "more than 10,000" : grouped }

    /// With a comma every three digits.
    var grouped: String {
        let digits = String(magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return self < 0 ? "-" + text : text
    }
}
