/// A moment to show. Pages say it in UTC; the reader's browser turns it into the reader's zone and language.
public struct PageTime: Sendable, Hashable, Comparable {
    /// Since 1970.
    public let microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }
    public init(milliseconds: Int64) {
        microseconds = milliseconds.multipliedReportingOverflow(by: 1000).partialValue
    }

    public static func < (left: PageTime, right: PageTime) -> Bool { left.microseconds < right.microseconds }

    var seconds: Int64 {
        let (quotient, remainder) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// `2026-11-25T21:33:12Z`
    var iso: String {
        let (date, time) = parts
        return "\(date)T\(time)Z"
    }

    /// `3 h 12 min`: how long from now until then.
    func distance(from now: PageTime) -> String { Self.words(seconds: Double(seconds - now.seconds)) }

    /// `45 s`, `12 min`, `3 h 12 min`, `5 days`.
    static func words(seconds: Double) -> String {
        guard seconds.isFinite, seconds > 0 else { return "0 s" }
        let whole = Int64(min(seconds, 1e12))
        switch whole {
        case ..<60: return "\(whole) s"
        case ..<3600: return "\(whole / 60) min"
        case ..<86_400:
            let minutes = whole % 3600 / 60
            return minutes == 0 ? "\(whole / 3600) h" : "\(whole / 3600) h \(minutes) min"
        case ..<172_800: return "1 day"
        default: return "\(whole / 86_400) days"
        }
    }

    /// `2026-11-25`, `21:33:12`
    var parts: (date: String, time: String) {
        // What no calendar of four-digit years holds is shown as its nearest end.
        let bounded = min(max(seconds, -62_135_596_800), 253_402_300_799)
        var days = bounded / 86_400
        var rest = bounded % 86_400
        if rest < 0 {
            rest += 86_400
            days -= 1
        }
        let (year, month, day) = Self.civil(days: days)
        let date = "\(Self.padded(year, to: 4))-\(Self.padded(month, to: 2))-\(Self.padded(day, to: 2))"
        let clock = [rest / 3600, rest % 3600 / 60, rest % 60].map { Self.padded($0, to: 2) }.joined(separator: ":")
        return (date, clock)
    }

    /// The Gregorian date of a day counted from 1970-01-01.
    ///
    /// Years begin in March here, so that the leap day is a year's last; eras are 400 years of 146,097 days.
    private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func padded(_ number: Int64, to width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
