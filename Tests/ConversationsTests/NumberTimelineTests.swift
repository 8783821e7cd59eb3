import Testing

@testable import Conversations

/// Whose a number was, from what is known of it.
@Suite struct NumberTimelineTests {
    private typealias Stretch = NumberTimeline.Stretch

    private func seen(_ person: Int64, _ at: Int64, _ order: String = "") -> NumberTimeline.Sighting {
        .init(at: at, order: order, person: person)
    }

    private func change(
        _ from: String?, _ to: String, _ at: Int64, person: Int64? = nil, _ order: String = ""
    ) -> NumberTimeline.Change {
        .init(at: at, order: order, from: from, to: to, person: person)
    }

    @Test("of a number nobody knows anything")
    func empty() {
        let timeline = NumberTimeline(sightings: [:], changes: [])
        #expect(timeline.stretches(of: "1") == [Stretch(since: .min, owner: .somebody(number: "1", since: .min))])
    }

    @Test("a number is whose was seen with it last, before the first whose was seen first, and may come back")
    func sightings() {
        let timeline = NumberTimeline(
            sightings: ["1": [seen(7, 30), seen(9, 20), seen(8, 40), seen(7, 10), seen(8, 45)]], changes: [])
        #expect(
            timeline.stretches(of: "1") == [
                Stretch(since: .min, owner: .person(7)), Stretch(since: 20, owner: .person(9)),
                Stretch(since: 30, owner: .person(7)), Stretch(since: 40, owner: .person(8)),
            ])
    }

    @Test("of two who were seen at one time the later name counts, whatever came first", arguments: [false, true])
    func ties(isReversed: Bool) {
        let both = [seen(7, 10, "a"), seen(8, 10, "b")]
        let timeline = NumberTimeline(sightings: ["1": isReversed ? both.reversed() : both], changes: [])
        #expect(timeline.stretches(of: "1").last == Stretch(since: 10, owner: .person(8)))
    }

    @Test("who gave a number up takes along what came from it until then; who writes from it later is somebody else")
    func givenUp() {
        let timeline = NumberTimeline(sightings: ["2": [seen(7, 30)]], changes: [change("1", "2", 20)])
        #expect(
            timeline.stretches(of: "1") == [
                Stretch(since: .min, owner: .person(7)),
                Stretch(since: 21, owner: .somebody(number: "1", since: 21)),
            ])
        #expect(
            timeline.stretches(of: "2") == [
                Stretch(since: .min, owner: .somebody(number: "2", since: .min)),
                Stretch(since: 20, owner: .person(7)),
            ])
    }

    @Test("a person of whom only numbers are known is the same along all of them")
    func chain() {
        let timeline = NumberTimeline(sightings: [:], changes: [change("2", "3", 20), change("1", "2", 10)])
        let person = NumberTimeline.Owner.somebody(number: "1", since: .min)
        #expect(timeline.stretches(of: "1").first?.owner == person)
        #expect(timeline.stretches(of: "2").map(\.owner).contains(person))
        #expect(timeline.stretches(of: "3").last == Stretch(since: 20, owner: person))
    }

    @Test("who was seen with the number that was given up has the new one, until somebody else is seen with it")
    func heir() {
        let timeline = NumberTimeline(
            sightings: ["1": [seen(7, 5), seen(9, 30)], "2": [seen(8, 40), seen(6, 3)]], changes: [change("1", "2", 20)]
        )
        #expect(
            timeline.stretches(of: "2") == [
                Stretch(since: .min, owner: .person(6)), Stretch(since: 20, owner: .person(7)),
                Stretch(since: 40, owner: .person(8)),
            ])
        #expect(timeline.stretches(of: "1").last == Stretch(since: 21, owner: .person(9)))
    }

    @Test("who is named by an id gets the new number, whoever had the old one")
    func named() {
        let timeline = NumberTimeline(sightings: ["1": [seen(7, 5)]], changes: [change(nil, "2", 20, person: 9)])
        #expect(timeline.stretches(of: "2").last == Stretch(since: 20, owner: .person(9)))
        #expect(timeline.stretches(of: "1") == [Stretch(since: .min, owner: .person(7))])
    }

    @Test("numbers that were swapped at one moment come to an end, and to one that does not depend on the order")
    func swap() {
        let news = [change("1", "2", 10, "a"), change("2", "1", 10, "b")]
        let (one, other) = (
            NumberTimeline(sightings: [:], changes: news), NumberTimeline(sightings: [:], changes: news.reversed())
        )
        for number in ["1", "2"] { #expect(one.stretches(of: number) == other.stretches(of: number)) }
    }
}
