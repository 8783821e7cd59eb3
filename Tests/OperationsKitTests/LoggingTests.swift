import Foundation
import Logging
import Synchronization
import TestSupport
import Testing

@testable import OperationsKit

@Suite struct LoggingTests {
    @Test func aJSONRecordIsOneObjectOnOneLine() {
        let log = CapturedLog(format: .json)
        log.logger.info("webhook kept", metadata: ["queue": "inbound", "bytes": "500"])
        #expect(
            log.lines == [
                #"{"time":"2026-03-01T09:05:07.042Z","level":"info","logger":"ingress","message":"webhook kept","#
                    + #""metadata":{"bytes":"500","queue":"inbound"}}"#
            ])
    }

    @Test func aTextRecordIsForTheEye() {
        let log = CapturedLog(format: .text)
        log.logger.warning(
            "redis is away", error: Failure(),
            metadata: ["host": "127.0.0.1", "why": "no route", "list": ["a", "b c"]])
        log.logger.critical("gone", metadata: ["empty": "", "equation": "a=b"])
        #expect(
            log.lines == [
                #"2026-03-01T09:05:07.042Z warning  ingress: redis is away host=127.0.0.1 list=["a","b c"] why="no route" "#
                    + #"error="it \"broke\"""#,
                #"2026-03-01T09:05:07.042Z critical ingress: gone empty="" equation="a=b""#,
            ])
    }

    @Test func anErrorIsAFieldOfItsOwn() {
        let log = CapturedLog(format: .json)
        log.logger.error("failed", error: Failure())
        #expect(log.lines[0].hasSuffix(#""message":"failed","error":"it \"broke\""}"#))
    }

    @Test(arguments: LogSettings.Format.allCases)
    func noTextBreaksTheLine(format: LogSettings.Format) {
        let nasty = "a\nb\r\u{85}c\u{2028}d\u{2029}e\u{0}\u{1B}[31m\u{7F}\u{9B}"
        let log = CapturedLog(format: format)
        var logger = log.logger
        logger[metadataKey: nasty] = "\(nasty)"
        logger.error("\(nasty)", error: Failure(text: nasty), metadata: ["nested": ["\(nasty)", [nasty: "\(nasty)"]]])
        #expect(log.lines.count == 1)
        let controls = log.lines[0].unicodeScalars.filter(\.steersTerminal)
        #expect(controls.isEmpty)
        #expect(log.lines[0].contains("\\u001b[31m"))
        #expect(log.lines[0].contains("\\u2028"))
    }

    @Test func quotesAndBackslashesAreEscapedAndEverythingElseStays() {
        let log = CapturedLog(format: .json)
        log.logger.info(#"say "hi" \ Ünïcödé 🧾"#)
        #expect(log.lines[0].contains(#""message":"say \"hi\" \\ Ünïcödé 🧾""#))
    }

    @Test func anyTextComesBackFromJSONAsItWas() throws {
        var random = SeededRandom(seed: 7)
        for _ in 0..<200 {
            let text = Self.randomText(using: &random)
            let key = Self.randomText(using: &random)
            let log = CapturedLog(format: .json)
            log.logger.info("\(text)", metadata: [key: ["\(text)"]])
            let object = try JSONSerialization.jsonObject(with: Data(try #require(log.lines.first).utf8))
            let record = try #require(object as? [String: Any])
            // Compared by scalars: Swift's own comparison takes canonically equal texts for the same.
            #expect((record["message"] as? String).map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
            let metadata = try #require(record["metadata"] as? [String: [String]])
            #expect(metadata.values.first?.first.map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
        }
    }

    @Test(arguments: LogSettings.Format.allCases)
    func whatIsSensitiveIsRedactedAtAnyDepth(format: LogSettings.Format) {
        let phone = "+16505551234"
        let log = CapturedLog(format: format)
        var logger = log.logger
        logger[metadataKey: "sender"] = .sensitive(phone)
        logger.info(
            "message stored",
            metadata: [
                "to": "\(phone, sensitivity: .sensitive)",
                "mixed": "from \(phone, sensitivity: .sensitive) in \("lane 1", sensitivity: .open)",
                "list": [.sensitive(phone), "open"],
                "nested": ["inner": ["deep": .sensitive(phone)]],
            ])
        #expect(!log.lines[0].contains("6505551234"))
        #expect(!log.lines[0].contains("lane 1"))
        #expect(log.lines[0].contains("open"))
        #expect(log.lines[0].split(separator: "<redacted>", omittingEmptySubsequences: false).count == 6)
    }

    @Test func whatIsMarkedAsOpenIsShown() {
        let log = CapturedLog(format: .text)
        log.logger.info("lane", metadata: ["id": "\(42, sensitivity: .open)"])
        #expect(log.lines[0].hasSuffix("lane id=42"))
    }

    @Test func secretsInMetadataStaySecret() {
        let log = CapturedLog(format: .json)
        log.logger.info("\(Secret("hunter2"))", metadata: ["token": "\(Secret("hunter2"))"])
        #expect(!log.lines[0].contains("hunter2"))
    }

    @Test func theRecordsOwnMetadataWinsOverTheProvidersAndThatOverTheLoggers() {
        let log = CapturedLog(
            format: .text, provider: Logger.MetadataProvider { ["a": "provided", "b": "provided"] })
        var logger = log.logger
        logger[metadataKey: "a"] = "logger"
        logger[metadataKey: "b"] = "logger"
        logger[metadataKey: "c"] = "logger"
        logger.info("m", metadata: ["a": "record"])
        #expect(log.lines[0].hasSuffix("m a=record b=provided c=logger"))
        #expect(logger[metadataKey: "c"] == "logger")
    }

    private static func randomText(using random: inout SeededRandom) -> String {
        let scalars = (0..<Int.random(in: 0...40, using: &random)).compactMap { _ -> Unicode.Scalar? in
            let limit: UInt32 = [0x20, 0x80, 0x2100, 0x11_0000].randomElement(using: &random) ?? 0x80
            return Unicode.Scalar(UInt32.random(in: 0..<limit, using: &random))
        }
        var text = ""
        text.unicodeScalars.append(contentsOf: scalars)
        return text
    }

    @Test func belowTheLevelNothingIsWritten() {
        let log = CapturedLog(format: .json, level: .warning)
        log.logger.info("quiet")
        log.logger.warning("loud")
        #expect(log.lines.count == 1)
    }

    @Test func aHugeTextIsCut() {
        let log = CapturedLog(format: .json)
        log.logger.info("\(String(repeating: "x", count: 1_000_000))")
        #expect(log.lines[0].utf8.count < LogRecord.textLimit + 200)
        #expect(log.lines[0].hasSuffix("x…\"}"))
    }

    @Test(arguments: [
        (0, 0, "1970-01-01T00:00:00.000Z"), (951_782_399, 999, "2000-02-28T23:59:59.999Z"),
        (951_782_400, 1, "2000-02-29T00:00:00.001Z"), (951_868_800, 10, "2000-03-01T00:00:00.010Z"),
        (1_704_067_199, 0, "2023-12-31T23:59:59.000Z"), (1_709_164_800, 0, "2024-02-29T00:00:00.000Z"),
        (1_772_355_907, 42, "2026-03-01T09:05:07.042Z"), (4_107_542_400, 0, "2100-03-01T00:00:00.000Z"),
        (253_402_300_799, 999, "9999-12-31T23:59:59.999Z"),
    ])
    func timesAreISO8601InUTC(seconds: Int, milliseconds: Int, text: String) {
        var bytes: [UInt8] = []
        LogTimestamp(seconds: seconds, milliseconds: milliseconds).append(to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == text)
    }

    @Test func eachDayFollowsTheOneBefore() {
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        var (year, month, day) = (1970, 1, 1)
        // Until 2106, past a century that has no leap day.
        for count in 0..<49_710 {
            var bytes: [UInt8] = []
            LogTimestamp(seconds: count * 86_400, milliseconds: 0).append(to: &bytes)
            let digits = bytes[..<10].filter { $0 != UInt8(ascii: "-") }.map { Int($0 - UInt8(ascii: "0")) }
            let expected = year * 10_000 + month * 100 + day
            guard digits.reduce(0, { $0 * 10 + $1 }) == expected else {
                Issue.record("day \(count) is \(String(decoding: bytes, as: UTF8.self)), not \(expected)")
                return
            }
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            day += 1
            if day > lengths[month - 1] + (month == 2 && isLeap ? 1 : 0) { (month, day) = (month + 1, 1) }
            if month > 12 { (year, month) = (year + 1, 1) }
        }
    }

    @Test(arguments: [
        ([:], LogSettings(level: .info, format: .json)),
        (["LOG_LEVEL": "debug", "LOG_FORMAT": "text"], LogSettings(level: .debug, format: .text)),
        (["LOG_LEVEL": "CRITICAL", "LOG_FORMAT": "JSON"], LogSettings(level: .critical, format: .json)),
    ])
    func logSettingsComeFromTheEnvironment(environment: [String: String], expected: LogSettings) throws {
        #expect(try LogSettings(Settings(environment: environment)) == expected)
    }

    @Test func aWrongLevelNamesAllLevels() {
        let line = message {
            _ = try LogSettings(Settings(environment: ["LOG_LEVEL": "verbose"]))
        }
        #expect(
            line == "LOG_LEVEL: \"verbose\" is not known; "
                + "expected one of trace, debug, info, notice, warning, error, critical")
    }
}

private struct Failure: Error, CustomStringConvertible {
    var text = "it \"broke\""
    var description: String { text }
}

/// A logger of the real handler whose lines stay here.
final class CapturedLog: Sendable {
    private let written = Mutex<[UInt8]>([])
    private let settings: LogSettings
    private let provider: Logger.MetadataProvider?

    init(format: LogSettings.Format, level: Logger.Level = .trace, provider: Logger.MetadataProvider? = nil) {
        settings = LogSettings(level: level, format: format)
        self.provider = provider
    }

    var logger: Logger {
        Logger(label: "ingress") { label in
            RecordLogHandler(
                label: label, settings: settings, metadataProvider: provider,
                now: { LogTimestamp(seconds: 1_772_355_907, milliseconds: 42) },
                write: { bytes in self.written.withLock { $0 += bytes } })
        }
    }

    /// The lines so far; the last one must have ended.
    var lines: [String] {
        let text = String(decoding: written.withLock { $0 }, as: UTF8.self)
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }
}
