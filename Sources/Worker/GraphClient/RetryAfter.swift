/// How long an answer asks us to wait: `Retry-After` (RFC 9110, section 10.2.3), as seconds or as a date.
enum RetryAfter {
    /// Whatever is asked for: a day later we look again ourselves.
    static let longest = 86_400

    /// - Parameters:
    ///   - text: the header's value.
    ///   - sentAt: the answer's `Date` header. A date is meant by the sender's clock, which need not be ours.
    ///   - now: seconds since 1970 by our clock, for an answer that does not say when it was sent.
    /// - Returns: seconds from 0, for a date that has passed, to ``longest``; nil for what is neither form.
    static func seconds(_ text: String, sentAt: String?, now: Int64) -> Int? {
        let text = text.drop { $0 == " " }
        if !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            return min(Int(text) ?? .max, longest)
        }
        guard let date = HTTPTime.seconds(text, now: now) else { return nil }
        let from = sentAt.flatMap { HTTPTime.seconds($0[...], now: now) } ?? now
        return Int(min(max(date - from, 0), Int64(longest)))
    }
}

/// The dates of HTTP header fields, in all three forms that RFC 9110, section 5.6.7, has recipients read:
/// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`.
enum HTTPTime {
    private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Seconds since 1970; nil for anything else.
    /// - Parameter now: seconds since 1970. A year of two digits that would lie more than 50 years ahead is one that has
    ///   passed.
    static func seconds(_ text: Substring, now: Int64) -> Int64? {
        guard text.utf8.count <= 40 else { return nil }
        let parts = text.split { $0 == " " || $0 == "," || $0 == "-" }
        guard let weekday = parts.first, weekdays.contains(where: { $0 == weekday || $0.prefix(3) == weekday }) else {
            return nil
        }
        switch parts.count {
        case 6 where parts[5] == "GMT": return seconds(parts[1], parts[2], parts[3], parts[4], now)
        case 5: return seconds(parts[2], parts[1], parts[4], parts[3], now)
        case _: return nil
        }
    }

    private static func seconds(
        _ day: Substring, _ month: Substring, _ year: Substring, _ time: Substring, _ now: Int64
    ) -> Int64? {
        let clock = time.split(separator: ":", omittingEmptySubsequences: false).map { number($0, digits: 2...2) }
        // 60: a leap second.
        guard clock.count == 3, let hour = clock[0], hour < 24, let minute = clock[1], minute < 60,
            let second = clock[2], second <= 60, let day = number(day, digits: 1...2), (1...31).contains(day),
            let month = months.firstIndex(where: { $0 == month })
        else { return nil }
        let time = hour * 3_600 + minute * 60 + second
        func since1970(_ year: Int64) -> Int64 { daysSince1970(year, Int64(month) + 1, day) * 86_400 + time }
        if let year = number(year, digits: 4...4) { return since1970(year) }
        guard let short = number(year, digits: 2...2) else { return nil }
        let inThisCentury = since1970(2000 + short)
        return inThisCentury > now + 50 * 31_557_600 ? since1970(1900 + short) : inThisCentury
    }

    private static func number(_ text: Substring, digits: ClosedRange<Int>) -> Int64? {
        guard digits.contains(text.utf8.count),
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return Int64(text)
    }

    /// In the Gregorian calendar, for years that are not negative. Years begin in March here, so that the leap day is the
    /// last one; 719,468 days lie between 1 March of the year 0 and 1 January 1970.
    private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = max(0, month <= 2 ? year - 1 : year)
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    }
}
