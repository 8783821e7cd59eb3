import Identifiers
import Testing

@Suite struct ULIDTests {
    @Test("the written form follows the specification's example of time and sorts by time")
    func knownTime() {
        // 1469918176385 ms is written 01ARYZ6S41 in the ULID specification.
        let id = ULID(high: 1_469_918_176_385 << 16, low: 0)
        #expect(id.description == "01ARYZ6S410000000000000000")
        #expect(id.milliseconds == 1_469_918_176_385)
    }

    @Test("reading back what was written gives the same identifier, in either case")
    func roundTrip() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<1_000 {
            let id = ULID(high: random.next(), low: random.next())
            #expect(ULID(id.description) == id)
            #expect(ULID(id.description.lowercased()) == id)
        }
    }

    @Test(
        "what is no identifier is refused",
        arguments: [
            "", "01ARYZ6S41", "01ARYZ6S4100000000000000000", "01ARYZ6S41000000000000000I", "81ARYZ6S410000000000000000",
            "01ARYZ6S41 000000000000000", "01ARYZ6S41000000000000000é",
        ])
    func refusals(text: String) {
        #expect(ULID(text) == nil)
    }

    @Test("a generator's identifiers rise strictly within a millisecond and when the clock steps back")
    func monotonic() {
        var generator = ULIDGenerator()
        var last = generator.next(milliseconds: 1_000)
        for now: UInt64 in [1_000, 1_000, 999, 1_001, 1_001, 500, 1_002] {
            let next = generator.next(milliseconds: now)
            #expect(next > last)
            #expect(next.description > last.description)
            last = next
        }
    }
}
