/// A picture to send: an old window, drawn by arithmetic and written as PNG (RFC 2083) without compression.
public enum SamplePhoto {
    public static let width = 320
    public static let height = 240

    /// - Parameter shade: From 0 to 255; another one makes another picture.
    public static func png(shade: UInt8 = 0) -> [UInt8] {
        var rows: [UInt8] = []
        rows.reserveCapacity(height * (1 + 3 * width))
        for y in 0..<height {
            rows.append(0)
            for x in 0..<width { rows += color(x, y, shade) }
        }
        var header: [UInt8] = bigEndian(UInt32(width)) + bigEndian(UInt32(height))
        header += [8, 2, 0, 0, 0]
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header) + chunk("IDAT", zlib(rows))
            + chunk("IEND", [])
    }

    private static func color(_ x: Int, _ y: Int, _ shade: UInt8) -> [UInt8] {
        let isFrame = x < 22 || x >= width - 22 || y < 22 || y >= height - 30
        let isBar = abs(x - width / 2) < 6 || abs(y - height / 2 + 20) < 5
        if isFrame || isBar {
            let wear = UInt8((x * 7 + y * 13) % 23)
            return [168 - wear, 132 - wear, 96 - wear]
        }
        if y > 150 + (x % 80) / 8 { return [92, 128 &+ shade / 4, 84] }
        return [150 &+ UInt8(y / 3), 186 &+ UInt8(y / 5), 222 &- shade / 4]
    }

    /// A zlib stream (RFC 1950) of stored blocks (RFC 1951, section 3.2.4).
    private static func zlib(_ bytes: [UInt8]) -> [UInt8] {
        var stream: [UInt8] = [0x78, 0x01]
        var (low, high): (UInt32, UInt32) = (1, 0)
        for byte in bytes {
            low = (low + UInt32(byte)) % 65_521
            high = (high + low) % 65_521
        }
        for start in stride(from: 0, to: bytes.count, by: 65_535) {
            let block = bytes[start..<min(start + 65_535, bytes.count)]
            let length = UInt16(block.count)
            stream.append(start + block.count == bytes.count ? 1 : 0)
            stream += [UInt8(length & 0xFF), UInt8(length >> 8), UInt8(~length & 0xFF), UInt8(~length >> 8)]
            stream += block
        }
        return stream + bigEndian(high << 16 | low)
    }

    private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
        let body = Array(type.utf8) + data
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in body {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        return bigEndian(UInt32(data.count)) + body + bigEndian(~crc)
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        [UInt8(value >> 24), UInt8(value >> 16 & 0xFF), UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)]
    }
}
