import Testing

@testable import OperationsKit

@Suite struct SettingsTests {
    @Test func aTextThatIsNotSetIsItsDefault() throws {
        #expect(try Settings(environment: [:]).text("HOST", default: "127.0.0.1") == "127.0.0.1")
        #expect(try Settings(environment: ["HOST": "::1"]).text("HOST", default: "127.0.0.1") == "::1")
    }

    @Test(arguments: [
        ("", "HOST: is set, but empty; expected a value, or no such variable for the default 0.0.0.0"),
        (" \t", "HOST: holds only whitespace; expected a value, or no such variable for the default 0.0.0.0"),
        (" a", "HOST: begins or ends with whitespace; expected a value, or no such variable for the default 0.0.0.0"),
        ("a\n", "HOST: begins or ends with whitespace; expected a value, or no such variable for the default 0.0.0.0"),
    ])
    func aBlankTextDoesNotSilentlyBecomeTheDefault(value: String, line: String) {
        let settings = Settings(environment: ["HOST": value])
        #expect(line == message { _ = try settings.text("HOST", default: "0.0.0.0") })
    }

    @Test func anOptionalTextSetToNothingIsNone() throws {
        #expect(try Settings(environment: [:]).optionalText("URL") == nil)
        #expect(try Settings(environment: ["URL": ""]).optionalText("URL") == nil)
        #expect(try Settings(environment: ["URL": "https://a"]).optionalText("URL") == "https://a")
        #expect(throws: SettingError.self) { try Settings(environment: ["URL": "  "]).optionalText("URL") }
    }

    @Test(arguments: [
        (nil, "DB: is not set; expected a libpq URI"),
        ("", "DB: is set, but empty; expected a libpq URI"),
        ("\n", "DB: holds only whitespace; expected a libpq URI"),
    ])
    func aRequiredTextMustHoldSomething(value: String?, line: String) {
        let settings = Settings(environment: value.map { ["DB": $0] } ?? [:])
        #expect(
            line == message { _ = try settings.requiredText("DB", expected: "a libpq URI") })
    }

    @Test(arguments: [("1", 1), ("64", 64), ("007", 7)])
    func anIntegerIsReadInDecimalDigits(value: String, number: Int) throws {
        #expect(try Settings(environment: ["N": value]).integer("N", default: 3, in: 1...64) == number)
    }

    @Test func aNegativeIntegerIsReadWhereTheRangeAllowsIt() throws {
        #expect(try Settings(environment: ["N": "-5"]).integer("N", default: 3, in: -10...10) == -5)
        #expect(try Settings(environment: [:]).integer("N", default: 3, in: -10...10) == 3)
    }

    @Test(arguments: [
        ("0", "\"0\" is out of range"), ("65", "\"65\" is out of range"), ("-1", "\"-1\" is out of range"),
        ("99999999999999999999", "\"99999999999999999999\" is out of range"),
        ("", "is set, but empty"), (" ", "holds only whitespace"),
        ("8o", "\"8o\" is not a whole number"), ("1.5", "\"1.5\" is not a whole number"),
        ("+5", "\"+5\" is not a whole number"), ("-", "\"-\" is not a whole number"),
        (" 5", "\" 5\" is not a whole number"), ("٥", "\"٥\" is not a whole number"),
        ("0x10", "\"0x10\" is not a whole number"), ("5\n6", "\"5\\n6\" is not a whole number"),
    ])
    func anIntegerThatIsNoneOrOutOfRangeIsRefused(value: String, problem: String) {
        let settings = Settings(environment: ["N": value])
        let line = message { _ = try settings.integer("N", default: 3, in: 1...64) }
        #expect(line == "N: \(problem); expected a whole number from 1 to 64")
    }

    @Test func aLongWrongValueIsQuotedInPart() {
        let settings = Settings(environment: ["N": String(repeating: "x", count: 500)])
        let line = message { _ = try settings.integer("N", default: 3, in: 1...64) }
        #expect(line.utf8.count < 150)
    }

    @Test(
        arguments: [
            (nil, 9101), ("", nil), ("0", 0), ("8080", 8080), ("65535", 65535),
        ] as [(String?, Int?)])
    func aPortSetToNothingMeansNoListener(value: String?, port: Int?) throws {
        let settings = Settings(environment: value.map { ["PORT": $0] } ?? [:])
        #expect(try settings.port("PORT", default: 9101) == port)
    }

    @Test(arguments: [
        ("65536", "\"65536\" is out of range"), ("-1", "\"-1\" is out of range"),
        ("http", "\"http\" is not a whole number"), (" ", "holds only whitespace"),
    ])
    func aPortThatIsNoneIsRefused(value: String, problem: String) {
        let settings = Settings(environment: ["PORT": value])
        let line = message { _ = try settings.port("PORT", default: 9101) }
        #expect(line == "PORT: \(problem); expected a port from 0 to 65535, or nothing for no listener")
    }

    @Test func aChoiceIsTakenInAnyCase() throws {
        let settings = Settings(environment: ["A": "JSON", "B": "text"])
        #expect(try settings.choice("A", default: "text", among: ["json", "text"]) == "json")
        #expect(try settings.choice("B", default: "json", among: ["json", "text"]) == "text")
        #expect(try settings.choice("C", default: "json", among: ["json", "text"]) == "json")
    }

    @Test(arguments: [("xml", "\"xml\" is not known"), ("", "is set, but empty"), (" ", "holds only whitespace")])
    func aChoiceBesidesTheKnownOnesIsRefused(value: String, problem: String) {
        let settings = Settings(environment: ["A": value])
        let line = message {
            _ = try settings.choice("A", default: "json", among: ["json", "text"])
        }
        #expect(line == "A: \(problem); expected one of json, text")
    }

    @Test func theProcessEnvironmentIsRead() throws {
        #expect(try Settings.process().optionalText("PATH") != nil)
    }

    @Test func anErrorIsOneLineWhateverIsInIt() {
        let error = SettingError(variable: "A\nB", problem: "is\r\n\u{2028}\u{1B}[31m bad", expected: "x\ty\u{85}")
        #expect(error.description == "A\\nB: is\\r\\n\\u{2028}\\u{1b}[31m bad; expected x\\ty\\u{85}")
    }

    @Test func noDescriptionOfSettingsShowsAValue() {
        let settings = Settings(environment: ["REDIS_URL": "redis://:hunter2@host"])
        for text in descriptions(of: settings) { #expect(!text.contains("hunter2")) }
    }
}

/// The line that an operator would see.
func message(_ body: () throws -> Void) -> String {
    do {
        try body()
        return "no error"
    } catch {
        return error is SettingError ? "\(error)" : "not a SettingError: \(error)"
    }
}

/// Everything that printing, interpolating, dumping or reflecting a value shows, also from inside other values.
func descriptions<Value>(of value: Value) -> [String] {
    var dumped = ""
    dump(value, to: &dumped)
    dump(Holder(value: value), to: &dumped)
    dump([value], to: &dumped)
    var printed = ""
    print(value, Optional(value) as Any, [value], ["key": value], Holder(value: value), to: &printed)
    debugPrint(value, Optional(value) as Any, [value], ["key": value], Holder(value: value), to: &printed)
    let mirrored = Mirror(reflecting: value)
    return [
        String(describing: value), String(reflecting: value), "\(value)", dumped, printed,
        "\(mirrored)", mirrored.children.map { "\($0.label ?? "")\($0.value)" }.joined(),
        Mirror(reflecting: Holder(value: value)).children.map { "\($0.value)" }.joined(),
    ]
}

private struct Holder<Value> {
    var value: Value
}
