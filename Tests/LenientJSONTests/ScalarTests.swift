import LenientJSON
import Testing

@Suite struct ScalarTests {
    @Test(
        arguments: [
            ("7", 7), ("-7", -7), ("0", 0), ("-0", 0), ("7.0", 7), ("7e2", 700), ("9223372036854775807", .max),
            ("-9223372036854775808", .min), ("9223372036854775808", nil), ("-9223372036854775809", nil), ("1.5", nil),
            ("1e400", nil), ("99999999999999999999999", nil), ("\"7\"", nil), ("true", nil), ("null", nil),
        ] as [(String, Int64?)])
    func wholeNumbersAreRead(text: String, expected: Int64?) throws {
        #expect(try reading(text) { $0.int64 } == expected)
    }

    @Test(
        arguments: [
            ("\"1669233778\"", 1_669_233_778), ("1669233778", 1_669_233_778), ("\"-5\"", -5), ("\"5.0\"", 5),
            ("\"\"", nil), ("\"-\"", nil), ("\" 5\"", nil), ("\"five\"", nil), ("[5]", nil), ("true", nil),
        ] as [(String, Int64?)])
    func wholeNumbersInStringsAreReadWhereAskedFor(text: String, expected: Int64?) throws {
        #expect(try reading(text) { $0.lenientInt64 } == expected)
    }

    @Test(
        arguments: [
            ("1.5", 1.5), ("-2", -2), ("1e3", 1000), ("1e400", nil), ("\"1.5\"", nil), ("null", nil),
        ] as [(String, Double?)])
    func numbersAreReadAsDoubles(text: String, expected: Double?) throws {
        #expect(try reading(text) { $0.double } == expected)
    }

    @Test(
        arguments: [
            ("\"a\"", "a", "a"), ("16505551234", nil, "16505551234"), ("1.50", nil, "1.50"), ("true", nil, "true"),
            ("false", nil, "false"), ("null", nil, nil), ("{}", nil, nil), ("[\"a\"]", nil, nil),
        ] as [(String, String?, String?)])
    func scalarsReadAsTextWhereTextIsDue(text: String, strict: String?, lenient: String?) throws {
        #expect(try reading(text) { $0.string } == strict)
        #expect(try reading(text) { $0.lenientText } == lenient)
    }

    @Test(
        arguments: [
            ("true", true, true), ("false", false, false), ("\"true\"", nil, true), ("\"false\"", nil, false),
            ("1", nil, true), ("0", nil, false), ("2", nil, nil), ("\"yes\"", nil, nil), ("null", nil, nil),
            ("[]", nil, nil),
        ] as [(String, Bool?, Bool?)])
    func booleansAreRead(text: String, strict: Bool?, lenient: Bool?) throws {
        #expect(try reading(text) { $0.bool } == strict)
        #expect(try reading(text) { $0.lenientBool } == lenient)
    }
}
