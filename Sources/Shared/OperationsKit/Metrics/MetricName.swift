/// Prometheus' names: `[a-zA-Z_:][a-zA-Z0-9_:]*` for metrics, the same without colons for labels.
enum MetricName {
    /// The name with every character that Prometheus does not allow turned into `_`.
    static func metric(_ name: String) -> String {
        cleaned(name, allowingColons: true)
    }

    static func label(_ name: String) -> String {
        cleaned(name, allowingColons: false)
    }

    private static func cleaned(_ name: String, allowingColons: Bool) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(name.utf8.count)
        for scalar in name.unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "_": bytes.append(UInt8(ascii: scalar))
            case "0"..."9":
                if bytes.isEmpty { bytes.append(UInt8(ascii: "_")) }
                bytes.append(UInt8(ascii: scalar))
            case ":" where allowingColons: bytes.append(UInt8(ascii: scalar))
            case _: bytes.append(UInt8(ascii: "_"))
            }
        }
        return bytes.isEmpty ? "_" : String(decoding: bytes, as: UTF8.self)
    }
}
