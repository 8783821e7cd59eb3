import Conversations
import Foundation
import Postgres
import TestSupport
import Testing

/// Numbers that go from hand to hand, told in any order.
@Suite struct IdentityOrderTests {
    /// How many scripts of each kind, from 1 on.
    private static let seeds = UInt64(ProcessInfo.processInfo.environment["ORDER_SEEDS"] ?? "") ?? 8

    /// Stores bodies in batches of a few, with the sweep between some of them, as the Worker does.
    private func partition(_ bodies: [String], using random: inout SeededRandom) async throws -> String {
        var (bodies, generator) = (bodies, random)
        let found = try await StoreHarness.value { harness in
            while !bodies.isEmpty {
                let count = min(bodies.count, Int.random(in: 1...6, using: &generator))
                try await harness.store(Array(bodies.prefix(count)))
                bodies.removeFirst(count)
                if Int.random(in: 0..<5, using: &generator) == 0 { try await NumberSweep.run(in: harness.pool) }
            }
            try await NumberSweep.run(in: harness.pool)
            let left = try await harness.sql(
                """
                select count(*) from whatsapp_messages m join whatsapp_conversations c on c.id = m.conversation_id
                where c.merged_into is not null
                """)
            #expect(left == "0", "messages in conversations that live on in others")
            return try await harness.partition()
        }
        random = generator
        return try #require(found)
    }

    private func compare(_ world: World, seed: UInt64, _ first: String, using random: inout SeededRandom) async throws {
        for round in 1...3 {
            var bodies = world.bodies
            bodies += bodies.filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
            bodies.shuffle(using: &random)
            let found = try await partition(bodies, using: &random)
            #expect(found == first, "seed \(seed), round \(round)")
        }
    }

    @Test(
        "where everybody is seen with each number that they get, any order gives each person their own messages",
        arguments: 1...seeds)
    func known(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        let world = World.random(isTold: true, using: &random)
        let first = try await partition(world.bodies, using: &random)
        #expect(first == world.people, "seed \(seed), in order")
        try await compare(world, seed: seed, first, using: &random)
    }

    @Test(
        "where numbers change hands untold, any order gives the same conversations as the right one",
        arguments: 1...seeds)
    func untold(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        let world = World.random(isTold: false, using: &random)
        let first = try await partition(world.bodies, using: &random)
        try await compare(world, seed: seed, first, using: &random)
    }
}

extension IdentityOrderTests {
    @Test(
        "four writers at once, with sweeps among them, come to the same conversations",
        arguments: 1...max(4, seeds / 2))
    func racing(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        let world = World.random(isTold: seed % 2 == 0, using: &random)
        let first = try await partition(world.bodies, using: &random)
        var bodies = world.bodies + world.bodies.filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
        bodies.shuffle(using: &random)
        let (all, shared) = (bodies, random)
        try await StoreHarness.run { harness in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<4 {
                    group.addTask {
                        var random = SeededRandom(seed: shared.seed &* 7 &+ UInt64(writer))
                        var own = all.indices.filter { $0 % 4 == writer }.map { all[$0] }[...]
                        while !own.isEmpty {
                            let count = Int.random(in: 1...4, using: &random)
                            try await harness.storeRetrying(Array(own.prefix(count)))
                            own = own.dropFirst(count)
                            if Bool.random(using: &random) { try await sweep(harness) }
                        }
                    }
                }
                try await group.waitForAll()
            }
            // A transaction that stood still for more than some seconds is seen to a minute later.
            _ = try await harness.sql(
                "update whatsapp_identities set told_at = told_at - interval '2 minutes' where told_at is not null")
            try await sweep(harness)
            #expect(try await harness.partition() == first, "seed \(seed)")
        }
    }

    /// The Worker does it again at its next turn.
    private func sweep(_ harness: StoreHarness) async throws {
        while true {
            do {
                return try await NumberSweep.run(in: harness.pool)
            } catch let error as PostgresError where error.kind == .serialization {
                continue
            }
        }
    }
}

/// A few people who share a few numbers over time, and what WhatsApp tells of them.
private struct World {
    private struct Person {
        let name: Int
        /// Nil for those who are only ever known by their number.
        var userID: String?
        var number: String
    }

    /// In the order in which it happened.
    private(set) var bodies: [String] = []
    private var messages: [Int: [String]] = [:]
    private var time = 1_700_000_000
    private let isTold: Bool

    /// The messages of each person, as the partition lists them.
    var people: String {
        messages.values.map { $0.sorted().joined(separator: " ") }.sorted().joined(separator: "\n")
    }

    private init(isTold: Bool) { self.isTold = isTold }

    static func random(isTold: Bool, using random: inout SeededRandom) -> World {
        var world = World(isTold: isTold)
        var free = (0..<4).map { "1650555900\($0)" }.shuffled(using: &random)
        var people: [Person] = []
        for step in 0..<40 {
            world.pass(using: &random)
            if people.count < 2 || (people.count < 5 && Int.random(in: 0..<8, using: &random) == 0),
                let number = free.popLast()
            {
                let name = step
                let hasID = Int.random(in: 0..<4, using: &random) > 0
                people.append(Person(name: name, userID: hasID ? "US.p\(name)" : nil, number: number))
                world.write(people[people.count - 1], "first.\(step)", isWhole: isTold)
                continue
            }
            let index = Int.random(in: people.indices, using: &random)
            switch Int.random(in: 0..<12, using: &random) {
            case 8, 9:
                guard !isTold else { continue }
                world.call(people[index], "c.\(step)", using: &random)
            case 10:
                // Two people swap their numbers, and one of them may say so.
                let other = Int.random(in: people.indices, using: &random)
                guard !isTold, other != index else { continue }
                let number = people[other].number
                people[other].number = people[index].number
                world.change(&people[index], to: number, "s.\(step)", using: &random)
            case 11:
                guard !isTold else { continue }
                world.echo(to: people[index], "e.\(step)", using: &random)
            case 0, 1:
                guard let number = free.popLast() else { continue }
                free.insert(people[index].number, at: Int.random(in: 0...free.count, using: &random))
                world.change(&people[index], to: number, "n.\(step)", using: &random)
            case 2:
                guard people[index].userID != nil else { continue }
                world.renew(&people[index], "i.\(step)", step)
            case 3:
                // Goes away for good, without a word.
                guard !isTold, people.count > 2 else { continue }
                free.append(people.remove(at: index).number)
            default:
                world.write(people[index], "m.\(step)", using: &random)
            }
        }
        return world
    }

    /// Mostly a second; where a script is not told whole, sometimes things happen at the same one.
    private mutating func pass(using random: inout SeededRandom) {
        if isTold || Int.random(in: 0..<8, using: &random) > 0 { time += 1 }
    }

    private mutating func write(_ person: Person, _ wamid: String, using random: inout SeededRandom) {
        let shape = Int.random(in: 0..<3, using: &random)
        note(person, wamid)
        bodies.append(
            Body.text(
                wamid, phone: shape == 1 && person.userID != nil ? nil : person.number,
                userID: shape == 0 ? nil : person.userID, at: time))
    }

    private mutating func write(_ person: Person, _ wamid: String, isWhole: Bool) {
        note(person, wamid)
        bodies.append(
            Body.text(wamid, phone: person.number, userID: isWhole ? person.userID : nil, at: time))
    }

    private mutating func note(_ person: Person, _ wamid: String) { messages[person.name, default: []].append(wamid) }

    private mutating func change(
        _ person: inout Person, to number: String, _ wamid: String, using random: inout SeededRandom
    ) {
        let old = person.number
        person.number = number
        guard isTold || Bool.random(using: &random) else { return }
        note(person, wamid)
        // Some news name the person's id beside; a new number may come with a new id.
        let isNamed = !isTold && person.userID != nil && Int.random(in: 0..<3, using: &random) == 0
        let previous = isNamed ? person.userID : nil
        if !isTold, Int.random(in: 0..<4, using: &random) == 0 { person.userID = "US.\(wamid)" }
        bodies.append(
            Body.numberChange(
                wamid, from: old, to: number, previous: previous,
                userID: isNamed || Bool.random(using: &random) && !isTold ? person.userID : nil, at: time))
        if isTold {
            time += 1
            write(person, "w.\(wamid)", isWhole: true)
        }
    }

    private mutating func call(_ person: Person, _ id: String, using random: inout SeededRandom) {
        bodies.append(
            Body.call(
                id, phone: person.number, userID: Bool.random(using: &random) ? person.userID : nil, at: time))
    }

    private mutating func echo(to person: Person, _ wamid: String, using random: inout SeededRandom) {
        note(person, wamid)
        bodies.append(
            Body.echo(wamid, to: person.number, userID: Bool.random(using: &random) ? person.userID : nil, at: time))
    }

    private mutating func renew(_ person: inout Person, _ wamid: String, _ step: Int) {
        let new = "US.p\(person.name)x\(step)"
        note(person, wamid)
        // Older news do not name the id that was replaced.
        let isNamed = isTold || step % 4 > 0
        bodies.append(Body.userIDChange(wamid, previous: isNamed ? person.userID : nil, to: new, at: time))
        person.userID = new
        time += 1
        if isTold { write(person, "w.\(wamid)", isWhole: true) }
    }
}
