/// Times as requests and answers carry them: RFC 3339 texts, and inside microseconds since 1970.
public enum UTCTime {
    private static let microsecondsPerDay: Int64 = 86_400_000_000

    /// Reads `2026-12-01T12:00:00Z`, with a fraction of a second and another offset if there is one. Nil unless the text
    /// is exactly so; the offset must be written.
    public static func microseconds(_ text: String) -> Int64? {
        var rest = Substring(text).utf8
        guard let year = digits(&rest, 4), skip(&rest, "-"), let month = digits(&rest, 2), skip(&rest, "-"),
            let day = digits(&rest, 2), skip(&rest, "Tt "), let hour = digits(&rest, 2), skip(&rest, ":"),
            let minute = digits(&rest, 2), skip(&rest, ":"), let second = digits(&rest, 2),
            (1970...9999).contains(year), (1...12).contains(month), (1...days(in: month, of: year)).contains(day),
            hour < 24, minute < 60, second < 60
        else { return nil }
        var fraction: Int64 = 0
        if skip(&rest, ".") {
            var (unit, count): (Int64, Int) = (100_000, 0)
            while let byte = rest.first, byte &- UInt8(ascii: "0") < 10 {
                fraction += Int64(byte - UInt8(ascii: "0")) * unit
                unit /= 10
                count += 1
                rest.removeFirst()
            }
            guard (1...9).contains(count) else { return nil }
        }
        guard let offset = offsetMinutes(&rest), rest.isEmpty else { return nil }
        let minutes = hour * 60 + minute - offset
        let seconds = dayNumber(year, month, day) * 86_400 + minutes * 60 + second
        return seconds >= 0 ? seconds * 1_000_000 + fraction : nil
    }

    /// RFC 3339 in UTC; the fraction only where there is one. The infinities read `never` and `always`.
    public static func text(_ microseconds: Int64) -> String {
        if microseconds == .max { return "never" }
        if microseconds == .min { return "always" }
        let day = floor(microseconds, microsecondsPerDay)
        let time = microseconds - day * microsecondsPerDay
        let (year, month, date) = civil(day)
        let (seconds, fraction) = (time / 1_000_000, time % 1_000_000)
        var text =
            "\(padded(year, 4))-\(padded(month))-\(padded(date))T\(padded(seconds / 3_600)):"
            + "\(padded(seconds / 60 % 60)):\(padded(seconds % 60))"
        if fraction > 0 {
            var digits = padded(fraction, 6)
            while digits.last == "0" { digits.removeLast() }
            text += "." + digits
        }
        return text + "Z"
    }

    /// As ``text(_:)`` without the fraction: for people.
    public static func secondsText(_ microseconds: Int64) -> String {
        if microseconds == .max || microseconds == .min { return text(microseconds) }
        return text(floor(microseconds, 1_000_000) * 1_000_000)
    }

    private static func offsetMinutes(_ rest: inout Substring.UTF8View) -> Int64? {
        if skip(&rest, "Zz") { return 0 }
        guard let sign = rest.popFirst(), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
            let hours = digits(&rest, 2), skip(&rest, ":"), let minutes = digits(&rest, 2), hours < 24, minutes < 60
        else { return nil }
        return (hours * 60 + minutes) * (sign == UInt8(ascii: "-") ? -1 : 1)
    }

    private static func digits(_ rest: inout Substring.UTF8View, _ count: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<count {
            guard let byte = rest.popFirst(), byte &- UInt8(ascii: "0") < 10 else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        return value
    }

    private static func skip(_ rest: inout Substring.UTF8View, _ any: StaticString) -> Bool {
        guard let byte = rest.first,
            any.withUTF8Buffer({ $0.contains(byte) })
        else { return false }
        rest.removeFirst()
        return true
    }

    private static func days(in month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        case _: 31
        }
    }

    /// Days since 1970-01-01 in the proleptic Gregorian calendar, for years that are not negative: years begin in March,
    /// so that the leap day is the last one.
    private static func dayNumber(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    }

    private static func civil(_ day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = day + 719_468
        let era = floor(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = (monthFromMarch + 2) % 12 + 1
        return (
            era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        )
    }

    private static func floor(_ value: Int64, _ divisor: Int64) -> Int64 {
        value >= 0 ? value / divisor : (value + 1) / divisor - 1
    }

    private static func padded(_ number: Int64, _ width: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
