import Conversations
import Postgres
import TestSupport
import Testing

/// Reactions, edits and revokes end at the message that they name, in whatever order they come.
@Suite struct MessageChangeTests {
    private func state(_ harness: StoreHarness) async throws -> String {
        try await harness.sql(
            """
            select wamid, text, coalesce(edited_text, '-'), revoked_at is not null,
                coalesce((select string_agg(r ->> 'by' || ' ' || (r ->> 'emoji'), ', ' order by r ->> 'by')
                    from jsonb_array_elements(reactions) r), '-'), status
            from whatsapp_messages where target_wamid is null order by wamid
            """)
    }

    private func sweep(_ harness: StoreHarness) async throws {
        try await NumberSweep.run(in: harness.pool)
        _ = try await harness.pool.withTransaction { session in
            var sweep = ChangeSweep()
            return try sweep.step(in: session)
        }
    }

    @Test("an edit, a reaction and a revoke change the message that they name; its own text stays")
    func inOrder() async throws {
        try await StoreHarness.run { harness in
            try await harness.store(Body.text("a", text: "first"), Body.echo("b"))
            try await harness.store(Body.edit("e1", of: "a", text: "second", at: 1_700_000_002))
            try await harness.store(Body.edit("e2", of: "a", text: "third", at: 1_700_000_003))
            try await harness.store(Body.reaction("r1", to: "a", "👍", at: 1_700_000_002))
            try await harness.store(Body.reaction("r2", to: "b", "❤️", at: 1_700_000_002))
            try await harness.store(Body.reaction("r3", to: "b", nil, at: 1_700_000_003))
            #expect(
                try await state(harness) == "a|first|third|f|customer 👍|received\nb|ours|-|f|-|sent")
            try await harness.store(Body.revoke("v1", of: "a", at: 1_700_000_005))
            #expect(try await state(harness).hasPrefix("a|first|third|t|customer 👍|received"))
            #expect(
                try await harness.sql(
                    "select count(*) from whatsapp_messages where target_wamid is not null and applied_at is null")
                    == "0")
        }
    }

    @Test(
        "of a deleted message and its edits the feed tells no text and no file; both stay on record",
        arguments: [false, true])
    func deleted(isRevokedFirst: Bool) async throws {
        try await StoreHarness.run { harness in
            let photo = Body.value(
                #""messages":[{"from":"16505551234","id":"a","timestamp":"1700000000","type":"image","#
                    + #""image":{"id":"file-7","mime_type":"image/jpeg","caption":"first words"}}]"#)
            let edit = Body.edit("e1", of: "a", text: "second words", at: 1_700_000_002)
            let revoke = Body.revoke("v1", of: "a", at: 1_700_000_005)
            for body in isRevokedFirst ? [revoke, edit, photo] : [photo, edit, revoke] {
                try await harness.store(body)
            }
            try await sweep(harness)
            let events = try await harness.pool.withTransaction { session in
                try EventFeed.page(tenant: 1, after: 0, limit: 10, in: session).json
            }
            #expect(!events.contains("words") && !events.contains("file-7"), "\(events)")
            #expect(events.contains(#""revoked_at": "2023-11-14T22:13:25"#), "\(events)")
            #expect(
                try await harness.sql(
                    "select wamid, text, media_id from whatsapp_messages where wamid in ('a', 'e1') order by 1")
                    == "a|first words|file-7\ne1|second words|")
        }
    }

    @Test("an edit of a message that never came is deleted with it", arguments: [false, true])
    func deletedUnseen(isRevokedFirst: Bool) async throws {
        try await StoreHarness.run { harness in
            let edit = Body.edit("e1", of: "a", text: "second words", at: 1_700_000_002)
            let revoke = Body.revoke("v1", of: "a", at: 1_700_000_005)
            for body in isRevokedFirst ? [revoke, edit] : [edit, revoke] { try await harness.store(body) }
            let events = try await harness.pool.withTransaction { session in
                try EventFeed.page(tenant: 1, after: 0, limit: 10, in: session).json
            }
            #expect(!events.contains("words") && events.contains("e1"), "\(events)")
            #expect(
                try await harness.sql(
                    "select count(*) from whatsapp_messages where target_wamid is not null and applied_at is null")
                    == "2")
        }
    }

    @Test("nobody edits or deletes what another one wrote")
    func foreignEdit() async throws {
        try await StoreHarness.run { harness in
            try await harness.store(Body.echo("b"))
            try await harness.store(Body.edit("e1", of: "b", text: "forged", at: 1_700_000_002))
            try await harness.store(Body.revoke("v1", of: "b", at: 1_700_000_002))
            #expect(try await state(harness) == "b|ours|-|f|-|sent")
        }
    }

    @Test("changes that wait for a message that never comes do not keep the sweep from others")
    func neverComes() async throws {
        try await StoreHarness.run { harness in
            try await harness.store(Body.edit("e0", of: "a", text: "second", at: 1_700_000_002))
            try await harness.store((1...20).map { Body.reaction("r\($0)", to: "none\($0)", "👍", at: 1_700_000_002) })
            try await harness.store(Body.text("a", text: "first"))
            var sweep = ChangeSweep()
            var changed = 0
            for _ in 0..<12 {
                let before = sweep
                let (after, count) = try await harness.pool.withTransaction { session in
                    var sweep = before
                    let count = try sweep.step(limit: 2, in: session)
                    return (sweep, count)
                }
                sweep = after
                changed += count
            }
            #expect(changed == 1)
            #expect(try await state(harness) == "a|first|second|f|-|received")
        }
    }

    @Test("any order and any repetition of a conversation gives the same state as the right order", arguments: 1...12)
    func anyOrder(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        let script = Script.random(using: &random)
        var expected: String?
        for round in 0..<4 {
            var bodies = script
            if round > 0 {
                bodies += script.filter { _ in Bool.random(using: &random) }
                bodies.shuffle(using: &random)
            }
            let found = try await StoreHarness.value { harness in
                while !bodies.isEmpty {
                    let count = min(bodies.count, Int.random(in: 1...6, using: &random))
                    try await harness.store(Array(bodies.prefix(count)))
                    bodies.removeFirst(count)
                }
                try await sweep(harness)
                let people = try await harness.sql(
                    "select string_agg(wamid, ' ' order by wamid) from whatsapp_messages group by conversation_id order by 1"
                )
                return try await state(harness) + "\n" + people
            }
            if let expected { #expect(found == expected, "seed \(seed), round \(round)") }
            expected = expected ?? found
        }
    }
}

/// A random conversation of a few people: messages, changes, statuses, and identities that change.
private enum Script {
    static func random(using random: inout SeededRandom) -> [String] {
        var bodies: [String] = []
        var time = 1_700_000_000
        func next() -> Int {
            time += 1
            return time
        }
        for person in 0..<3 {
            var phone = "1650555\(person)0"
            var user = "US.p\(person)"
            for step in 0..<8 {
                let wamid = "m.\(person).\(step)"
                let shape = Int.random(in: 0..<3, using: &random)
                bodies.append(
                    Body.text(
                        wamid, phone: shape == 1 ? nil : phone, userID: shape == 0 ? nil : user, at: next(),
                        text: "text \(step)"))
                // Each pair is seen together at least once, as it is by Meta's webhooks.
                if step == 0 { bodies.append(Body.text("p.\(person)", phone: phone, userID: user, at: next())) }
                switch Int.random(in: 0..<6, using: &random) {
                case 0: bodies.append(Body.edit("e.\(wamid)", of: wamid, text: "edited", at: next(), phone: phone))
                case 1: bodies.append(Body.revoke("v.\(wamid)", of: wamid, at: next(), phone: phone))
                case 2:
                    bodies.append(Body.reaction("r.\(wamid)", to: wamid, "👍", at: next(), phone: phone))
                    bodies.append(
                        Body.reaction(
                            "s.\(wamid)", to: wamid, Bool.random(using: &random) ? nil : "❤️", at: next(), phone: phone))
                case 3:
                    let new = "1650555\(person)\(step + 1)"
                    bodies.append(Body.numberChange("n.\(wamid)", from: phone, to: new, at: next()))
                    phone = new
                    bodies.append(Body.text("q.\(wamid)", phone: phone, userID: user, at: next()))
                case 4:
                    let new = "US.p\(person)x\(step)"
                    bodies.append(Body.userIDChange("u.\(wamid)", previous: user, to: new, at: next()))
                    user = new
                    bodies.append(Body.text("q.\(wamid)", phone: phone, userID: user, at: next()))
                default:
                    bodies.append(
                        Body.status("echo", ["sent", "delivered", "read"].randomElement(using: &random) ?? "sent"))
                }
            }
        }
        // One number after another is two people's: first one's, then the other's, both seen with it and without.
        for number in 0..<2 {
            for (index, user) in ["US.first\(number)", "US.second\(number)"].enumerated() {
                let phone = "165055599\(number)"
                bodies.append(Body.text("x.\(number).\(index)", phone: phone, userID: user, at: next()))
                for step in 0..<5 {
                    let shape = Int.random(in: 0..<3, using: &random)
                    bodies.append(
                        Body.text(
                            "y.\(number).\(index).\(step)", phone: shape == 1 ? nil : phone,
                            userID: shape == 0 ? nil : user, at: next()))
                }
            }
        }
        bodies.append(Body.echo("echo"))
        return bodies
    }
}
