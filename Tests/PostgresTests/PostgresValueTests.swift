import Postgres
import Testing

@Suite("Values") struct PostgresValueTests {
    private static let everyType: PostgresStatement = """
        SELECT $1::int8, $2::int4, $3::bool, $4::float8, $5::text, $6::bytea, $7::timestamptz, $8::uuid
        """
    private static let uuid = PostgresUUID(high: 0x0123_4567_89ab_cdef, low: 0xfedc_ba98_7654_3210)

    @Test("Every type comes back as it was sent")
    func roundTrip() async throws {
        let connection = try await TestDatabase().connect()
        try await connection.withConnection { session in
            let row = try session.execute(
                Self.everyType,
                [
                    .int8(.min), .int4(.max), .bool(true), .double(-0.1), .text("Ana \u{1F600} O'Hara"),
                    .bytea([0, 255, 92]), .timestamptz(1_732_270_000_123_456), .uuid(Self.uuid),
                ]
            ).only()
            #expect(try row.int64(0) == .min)
            #expect(try row.int32(1) == .max)
            #expect(try row.int64(1) == Int64(Int32.max))
            #expect(try row.bool(2))
            #expect(try row.double(3) == -0.1)
            #expect(try row.string(4) == "Ana \u{1F600} O'Hara")
            #expect(try row.bytes(5) == [0, 255, 92])
            #expect(try row.microseconds(6) == 1_732_270_000_123_456)
            #expect(try row.uuid(7) == Self.uuid)
        }
    }

    @Test("Nulls of every type come back as nil, and a getter that needs a value says which column is null")
    func nulls() async throws {
        let connection = try await TestDatabase().connect()
        let error = try await postgresError {
            try await connection.withConnection { session in
                let row = try session.execute(
                    Self.everyType,
                    [
                        .int8(nil), .int4(nil), .bool(nil), .double(nil), .text(nil), .bytea(nil), .timestamptz(nil),
                        .uuid(nil),
                    ]
                ).only()
                #expect(try (0..<8).allSatisfy { try row.isNull($0) })
                #expect(try row.optionalInt64(0) == nil)
                #expect(try row.optionalInt32(1) == nil)
                #expect(try row.optionalBool(2) == nil)
                #expect(try row.optionalDouble(3) == nil)
                #expect(try row.optionalString(4) == nil)
                #expect(try row.optionalBytes(5) == nil)
                #expect(try row.optionalMicroseconds(6) == nil)
                #expect(try row.optionalUUID(7) == nil)
                _ = try row.string(4)
            }
        }
        #expect(error.kind == .usage)
        #expect(error.description.contains("column 4"))
    }

    @Test("The server reads the values as the same that SQL would write")
    func serverAgrees() async throws {
        let connection = try await TestDatabase().connect()
        try await connection.withConnection { session in
            let row = try session.execute(
                """
                SELECT $1 = 42, $2 = 'Grüße', $3 = '\\x00ff'::bytea, $4 = '2024-11-22 10:06:40.123456+00'::timestamptz,
                       $5 = '01234567-89ab-cdef-fedc-ba9876543210'::uuid, $6 = 'infinity'::timestamptz,
                       $7 = '1969-12-31 23:59:59.999999+00'::timestamptz, $8 = ''
                """,
                [
                    .int8(42), .text("Grüße"), .bytea([0, 255]), .timestamptz(1_732_270_000_123_456), .uuid(Self.uuid),
                    .timestamptz(.max), .timestamptz(-1), .text(""),
                ]
            ).only()
            for column in 0..<8 { #expect(try row.bool(column), "column \(column)") }
        }
    }

    @Test("Other types of the server are read by the getter that fits")
    func otherTypes() async throws {
        let connection = try await TestDatabase().connect()
        try await connection.withConnection { session in
            let row = try session.execute(
                """
                SELECT 7::int2, 'x'::varchar, 'ab'::char(3), 'n'::name, '{"a":1}'::jsonb, '[ 1 ]'::json, 1.5::float4,
                       4000000000::oid, '-infinity'::timestamptz
                """
            ).only()
            #expect(try row.int64(0) == 7)
            #expect(try row.int32(0) == 7)
            #expect(try row.string(1) == "x")
            #expect(try row.string(2) == "ab ")
            #expect(try row.string(3) == "n")
            #expect(try row.string(4) == #"{"a": 1}"#)
            #expect(try row.bytes(5) == Array("[ 1 ]".utf8))
            #expect(try row.double(6) == 1.5)
            #expect(try row.int64(7) == 4_000_000_000)
            #expect(try row.microseconds(8) == .min)
        }
    }

    @Test("Arrays of every type come back, nulls and empty values included")
    func arrays() async throws {
        let connection = try await TestDatabase().connect()
        try await connection.withConnection { session in
            var texts = PostgresArray.text()
            texts.append("a")
            texts.append(nil as String?)
            texts.append("")
            "é\u{1F600}".utf8.withContiguousStorageIfAvailable { texts.append(bytes: UnsafeRawBufferPointer($0)) }
            var blobs = PostgresArray.bytea(capacity: 2)
            blobs.append(bytes: [0, 1])
            blobs.append(bytes: [])
            var longs = PostgresArray.int8()
            longs.append(Int64.max)
            longs.appendNull()
            longs.append(Int64.min)
            var ints = PostgresArray.int4()
            ints.append(Int32(-1))
            var flags = PostgresArray.bool()
            flags.append(true)
            flags.append(false)
            var doubles = PostgresArray.double()
            doubles.append(2.5)
            var times = PostgresArray.timestamptz()
            times.append(microseconds: 5)
            var uuids = PostgresArray.uuid()
            uuids.append(Self.uuid)
            let row = try session.execute(
                "SELECT $1, $2, $3, $4, $5, $6, $7, $8",
                [
                    .array(texts), .array(blobs), .array(longs), .array(ints), .array(flags), .array(doubles),
                    .array(times), .array(uuids),
                ]
            ).only()
            #expect(try row.stringArray(0) == ["a", nil, "", "é\u{1F600}"])
            #expect(try row.bytesArray(1) == [[0, 1], []])
            #expect(try row.int64Array(2) == [.max, nil, .min])
            #expect(try row.int32Array(3) == [-1])
            #expect(try row.boolArray(4) == [true, false])
            #expect(try row.doubleArray(5) == [2.5])
            #expect(try row.microsecondsArray(6) == [5])
            #expect(try row.uuidArray(7) == [Self.uuid])
        }
    }

    @Test("Empty arrays are arrays of no elements, and not null")
    func emptyArrays() async throws {
        let connection = try await TestDatabase().connect()
        try await connection.withConnection { session in
            let row = try session.execute(
                "SELECT $1, cardinality($1), (SELECT count(*) FROM unnest($2) AS n), array_ndims($3)",
                [.array(.text()), .array(.int8(capacity: 10)), .array(.uuid())]
            ).only()
            #expect(try row.stringArray(0) == [])
            #expect(try row.int64(1) == 0)
            #expect(try row.int64(2) == 0)
            #expect(try row.isNull(3))
        }
    }

    @Test("A bytea of 4 MB and an array of 10,000 elements go both ways")
    func largeValues() async throws {
        let connection = try await TestDatabase().connect()
        try await connection.withConnection { session in
            let blob = (0..<4 * 1024 * 1024).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
            #expect(try session.execute("SELECT $1::bytea", [.bytea(blob)]).only().bytes(0) == blob)

            var numbers = PostgresArray.int8(capacity: 10_000)
            for number in 0..<10_000 { number % 7 == 0 ? numbers.appendNull() : numbers.append(Int64(number)) }
            let row = try session.execute("SELECT $1, (SELECT sum(n)::int8 FROM unnest($1) AS n)", [.array(numbers)])
                .only()
            let expected = (0..<10_000).map { $0 % 7 == 0 ? nil : Int64($0) }
            #expect(try row.int64Array(0) == expected)
            #expect(try row.int64(1) == expected.compactMap { $0 }.reduce(0, +))
        }
    }

    @Test("A value of the wrong type for its array is a usage error that names parameter and element")
    func wrongElement() async throws {
        let connection = try await TestDatabase().connect()
        let error = try await postgresError {
            try await connection.withConnection { session in
                var numbers = PostgresArray.int8()
                numbers.append(1)
                numbers.append("two")
                _ = try session.execute("SELECT $1", [.array(numbers)])
            }
        }
        #expect(error.kind == .usage)
        #expect(error.description.contains("$1"))
        #expect(error.description.contains("element 1"))
        try await connection.ping()
    }

    @Test("NUL or broken UTF-8 in a text is a data error, alone or in an array, and the connection lives on")
    func unacceptableText() async throws {
        let connection = try await TestDatabase().connect()
        var array = PostgresArray.text()
        array.append("fine")
        array.append("a\0b")
        var broken = PostgresParameters()
        [UInt8]([0x61, 0xff]).withUnsafeBytes { broken.append(utf8: $0) }
        for parameters in [[.text("a\0b")], [.array(array)], broken] as [PostgresParameters] {
            let error = try await postgresError {
                try await connection.withTransaction { session in _ = try session.execute("SELECT $1", parameters) }
            }
            #expect(error.kind == .data)
            #expect(error.sqlState == "22021")
        }
        try await connection.ping()
    }

    @Test("Asking for another type, a missing column or the only row of several is a usage error")
    func wrongGetter() async throws {
        let connection = try await TestDatabase().connect()
        let rows = try await connection.withConnection { session in
            try session.execute("SELECT 'x'::text, 1::int8 FROM generate_series(1, 2)")
        }
        #expect(rows.count == 2)
        #expect(rows.map { try? $0.int64(1) } == [1, 1])
        #expect(throws: PostgresError.self) { try rows[0].int64(0) }
        #expect(throws: PostgresError.self) { try rows[0].string(1) }
        #expect(throws: PostgresError.self) { try rows[0].string(2) }
        #expect(throws: PostgresError.self) { try rows[0].string(-1) }
        #expect(throws: PostgresError.self) { try rows[0].int32(1) }
        #expect(throws: PostgresError.self) { try rows.only() }
    }

    @Test(
        "UUIDs are read and written as text",
        arguments: [
            ("01234567-89ab-cdef-fedc-ba9876543210", true), ("0123456789ABCDEFFEDCBA9876543210", true),
            ("01234567-89ab-cdef-fedc-ba987654321", false), ("g1234567-89ab-cdef-fedc-ba9876543210", false),
            ("", false),
        ])
    func uuidText(text: String, isValid: Bool) {
        let uuid = PostgresUUID(text)
        #expect(uuid == (isValid ? Self.uuid : nil))
        #expect(uuid?.description == (isValid ? "01234567-89ab-cdef-fedc-ba9876543210" : nil))
    }
}
