/// Jobs done per step over the last hour.
public struct Throughput: Sendable {
    public var endingAt: PageTime
    public var stepSeconds: Int = 60
    public var series: [ThroughputSeries]

    public init(endingAt: PageTime, stepSeconds: Int = 60, series: [ThroughputSeries]) {
        self.endingAt = endingAt
        self.stepSeconds = stepSeconds
        self.series = series
    }

    static let width = 600, height = 120

    var values: TemplateValues {
        let top = Self.roundTop(series.flatMap(\.counts).max() ?? 0)
        let count = series.map(\.counts.count).max() ?? 0
        return [
            "width": String(Self.width), "height": String(Self.height), "top": top, "middle": top / 2,
            "series": series.prefix(4).enumerated().map { index, series in
                series.values(index: index, top: top, step: stepSeconds)
            },
            "begins_at": PageTime(
                microseconds: endingAt.microseconds - Int64(stepSeconds) * Int64(count) * 1_000_000),
            "ends_at": endingAt, "has_points": count > 1,
        ]
    }

    /// The smallest even 1, 2 or 5 followed by zeros that holds `highest`.
    static func roundTop(_ highest: Int) -> Int {
        var unit = 1
        while unit < highest, unit < 1_000_000_000_000 {
            for factor in [1, 2, 5] where unit * factor >= highest { return max(unit * factor, 2) }
            unit *= 10
        }
        return max(unit, 2)
    }
}

public struct ThroughputSeries: Sendable {
    public var name: String
    /// Oldest first.
    public var counts: [Int]

    public init(name: String, counts: [Int]) {
        self.name = name
        self.counts = counts
    }

    func values(index: Int, top: Int, step: Int) -> TemplateValues {
        let total = counts.reduce(0, +)
        let most = counts.max() ?? 0
        return [
            "series_name": name, "series_class": "series-\(index)", "line": points(top: top),
            "area": counts.count > 1
                ? "0,\(Throughput.height) \(points(top: top)) \(Throughput.width),\(Throughput.height)" : "",
            "total": total, "most": most, "latest": counts.last ?? 0,
            "per_second": step > 0 && most >= step ? Self.rate(most, per: step) : nil,
        ]
    }

    private func points(top: Int) -> String {
        guard counts.count > 1, top > 0 else { return "" }
        return counts.enumerated().map { index, count in
            let x = index * Throughput.width / (counts.count - 1)
            let y = Throughput.height - min(max(count, 0), top) * (Throughput.height - 2) / top
            return "\(x),\(y)"
        }.joined(separator: " ")
    }

    /// With one decimal below 10.
    private static func rate(_ count: Int, per step: Int) -> String {
        let tenths = count * 10 / step
        return tenths >= 100 ? (tenths / 10).grouped : "\(tenths / 10).\(tenths % 10)"
    }
}
