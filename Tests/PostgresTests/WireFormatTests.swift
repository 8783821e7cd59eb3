import TestSupport
import Testing

@testable import Postgres

@Suite("Wire format") struct WireFormatTests {
    private func decode<Element: PostgresDecodable>(_ array: PostgresArray, as type: Element.Type) -> [Element?]? {
        withExtendedLifetime(array) {
            decodeArray(UnsafeRawBufferPointer(start: array.buffer.base, count: array.wireSize), of: type)
        }
    }

    @Test("An array's bytes are those that array_recv reads")
    func bytes() {
        var array = PostgresArray.text()
        array.append("ab")
        array.appendNull()
        let wire = [UInt8](UnsafeRawBufferPointer(start: array.buffer.base, count: array.wireSize))
        #expect(
            wire == [
                0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 25, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0x61, 0x62, 255, 255, 255, 255,
            ])
        let empty = PostgresArray.int8(capacity: 100)
        #expect(
            [UInt8](UnsafeRawBufferPointer(start: empty.buffer.base, count: empty.wireSize))
                == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20])
    }

    @Test("Arrays and parameters are values: a copy keeps what it held")
    func valueSemantics() {
        var first = PostgresArray.int8()
        first.append(1)
        var second = first
        second.append(2)
        first.append(3)
        var parameters = PostgresParameters()
        parameters.append(first)
        first.appendNull()
        first.reserveCapacity(1000)
        #expect(decode(first, as: Int64.self) == [1, 3, nil])
        #expect(decode(second, as: Int64.self) == [1, 2])
        parameters.append("text")
        let copy = parameters
        parameters.append(7)
        for (parameters, count) in [(copy, 2), (parameters, 3)] {
            parameters.withWireForm { values, lengths, formats in
                #expect(parameters.count == count)
                #expect(
                    decodeArray(UnsafeRawBufferPointer(start: values[0], count: Int(lengths[0])), of: Int64.self) == [
                        1, 3,
                    ])
                #expect([UInt8](UnsafeRawBufferPointer(start: values[1], count: Int(lengths[1]))) == Array("text".utf8))
                #expect((0..<count).allSatisfy { formats[$0] == 1 })
            }
        }
    }

    @Test("Any texts and nulls come back from the wire form", arguments: 0..<20)
    func randomArrays(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let texts = (0..<Int.random(in: 0...200, using: &random)).map { _ -> String? in
            Int.random(in: 0..<5, using: &random) == 0
                ? nil : String(decoding: random.bytes(Int.random(in: 0...300, using: &random)), as: UTF8.self)
        }
        var array = PostgresArray.text(capacity: Int.random(in: 0...200, using: &random))
        for text in texts { array.append(text) }
        #expect(decode(array, as: String.self) == texts)
    }

    @Test("Mutated and truncated array bytes are read or refused, never more", arguments: 0..<50)
    func mutatedArrays(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var array = PostgresArray.bytea()
        for _ in 0..<Int.random(in: 1...8, using: &random) { array.append(bytes: random.bytes(5)) }
        let wire = [UInt8](UnsafeRawBufferPointer(start: array.buffer.base, count: array.wireSize))
        for _ in 0..<200 {
            var mutated = wire
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let byte: UInt8 = [0, 1, 127, 128, 255][Int.random(in: 0..<5, using: &random)]
                mutated[Int.random(in: 0..<mutated.count, using: &random)] = byte
            }
            mutated.removeLast(Int.random(in: 0...mutated.count, using: &random))
            let read = mutated.withUnsafeBytes { decodeArray($0, of: [UInt8].self) }
            #expect((read ?? []).compactMap { $0?.count }.reduce(0, +) <= mutated.count)
        }
    }

    @Test("Times keep their microsecond, and the ends of the range are the infinities")
    func times() {
        for time in [0, 1, -1, 946_684_800_000_000, .max, .min] as [Int64] {
            #expect(PostgresTime.toWire(time).map(PostgresTime.fromWire) == time)
        }
        #expect(PostgresTime.toWire(.min + 1) == nil)
        #expect(PostgresTime.toWire(0) == -946_684_800_000_000)
        #expect(PostgresTime.fromWire(.max - 1) == .max)
    }

    @Test("Statements differ by text and by parameter types")
    func statementKeys() {
        let texts = ["", "SELECT 1", "SELECT 2", "SELECT 1 ", "select 1"]
        let types: [[UInt32]] = [[], [20], [25], [20, 25], [25, 20], [20, 20]]
        let names = texts.flatMap { text in types.map { PostgresStatement(text).key.combined(with: $0).name } }
        #expect(Set(names).count == texts.count * types.count)
        #expect(names.allSatisfy { $0.utf8.count < 63 })
    }
}
