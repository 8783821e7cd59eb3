import JobQueue
import NIOCore
import RedisClient
import Testing

@testable import JobEngine

@Suite(.timeLimit(.minutes(1))) struct RecoverScriptTests {
    /// A worker that died holding `elements`, declared dead by another.
    private static func dead(_ queue: QueueFixture, holding elements: [ByteBuffer]) async throws -> WorkerIdentity {
        let me = try await queue.worker()
        let dead = try await queue.worker(holding: elements)
        try await queue.die(dead)
        _ = try await queue.depart(asking: me, lastBeat: queue.now())
        return dead
    }

    @Test("jobs return to the head of the line in their order, each with one more crash and the same attempts")
    func order() async throws {
        try await QueueFixture.run { queue in
            try await queue.push("waiting")
            let dead = try await Self.dead(
                queue, holding: [QueueFixture.element("a", attempt: 2), QueueFixture.element("b", crashes: 1)])
            #expect(try await queue.recover(dead) == .init(putBack: 2, buried: 0, left: 0))
            let expected = [
                QueueFixture.element("a", crashes: 1, attempt: 2), QueueFixture.element("b", crashes: 2),
                QueueFixture.element("waiting"),
            ]
            #expect(try await queue.ready() == expected)
            #expect(try await queue.recover(dead) == .init(putBack: 0, buried: 0, left: 0))
        }
    }

    @Test("the third crash buries, and the reason takes the place of an older error", arguments: [true, false])
    func crashLoop(hadError: Bool) async throws {
        try await QueueFixture.run { queue in
            let error = hadError ? JobFailure(code: "old", text: #"quoted "," and \ "#) : nil
            let payload = #"{"text":",\"payload\":","error":{"code":"inner"}}"#
            let job = QueueFixture.element("a", crashes: 2, error: error, payload: payload)
            let dead = try await Self.dead(queue, holding: [job])
            #expect(try await queue.recover(dead) == .init(putBack: 0, buried: 1, left: 0))
            let buried = try JobElement(try #require(await queue.scored(queue.keys.dead).first))
            #expect(buried.header.error?.code == "crash-loop")
            #expect(buried.header.crashes == 3)
            #expect(String(buffer: buried.payload) == payload)
        }
    }

    @Test(
        "elements that are not in our form go back byte for byte",
        arguments: [
            #"{"type":"quote_link","payload":{"crashes":7}}"#, #"{ "payload" : 1 }"#, "no json at all", "",
            #","payload":"#,
        ])
    func otherForms(text: String) async throws {
        try await QueueFixture.run { queue in
            let dead = try await Self.dead(queue, holding: [ByteBuffer(string: text)])
            #expect(try await queue.recover(dead).putBack == 1)
            #expect(try await queue.ready().map { String(buffer: $0) } == [text])
        }
    }

    @Test("an element of our form without a count of crashes gets one, and the third crash buries it too")
    func missingCount() async throws {
        try await QueueFixture.run { queue in
            let head = #"{"v":1,"id":"foreign","type":"text","received_at":1,"attempt":1"#
            let error = #","error":{"code":"old","text":"x"}"#
            var job = ByteBuffer(string: head + error + #","payload":{"crashes":7}}"#)
            for crashes in 1...2 {
                let dead = try await Self.dead(queue, holding: [job])
                #expect(try await queue.recover(dead) == .init(putBack: 1, buried: 0, left: 0))
                job = try #require(await queue.ready().first)
                #expect(
                    String(buffer: job) == head + #","crashes":\#(crashes)"# + error + #","payload":{"crashes":7}}"#)
                #expect(try JobElement(job).header.crashes == crashes)
                try await queue.redis("DEL", .text(queue.keys.ready))
            }
            let dead = try await Self.dead(queue, holding: [job])
            #expect(try await queue.recover(dead) == .init(putBack: 0, buried: 1, left: 0))
            let buried = try JobElement(try #require(await queue.scored(queue.keys.dead).first))
            #expect(buried.header.error?.code == "crash-loop" && buried.header.crashes == 3)
            #expect(String(buffer: buried.payload) == #"{"crashes":7}"#)
        }
    }

    @Test("a count of crashes that somebody else wrote is buried readable, however large")
    func absurdCount() async throws {
        try await QueueFixture.run { queue in
            let count = String(repeating: "9", count: 400)
            let job = ByteBuffer(
                string: #"{"v":1,"id":"a","type":"text","received_at":1,"attempt":0,"crashes":\#(count),"payload":{}}"#)
            let dead = try await Self.dead(queue, holding: [job])
            #expect(try await queue.recover(dead) == .init(putBack: 0, buried: 1, left: 0))
            let buried = try JobElement(try #require(await queue.scored(queue.keys.dead).first))
            #expect(buried.header.error?.code == "crash-loop" && buried.header.crashes == 1_000_001)
        }
    }

    @Test("what an orderly leave left behind carries no crash")
    func cleanLeave() async throws {
        try await QueueFixture.run { queue in
            let gone = try await queue.worker()
            try await queue.store.leave(gone)
            let late = QueueFixture.element("late")
            try await queue.redis("LPUSH", .text(queue.keys.claimed(by: gone.id)), .bytes(late))
            #expect(try await queue.recover(gone).putBack == 1)
            #expect(try await queue.ready() == [late])
        }
    }

    @Test("what is delivered after a dead worker's list was emptied carries no crash, the rest of its list does")
    func lateDelivery() async throws {
        try await QueueFixture.run { queue in
            let dead = try await Self.dead(queue, holding: [QueueFixture.element("a"), QueueFixture.element("b")])
            #expect(try await queue.recover(dead, limit: 1) == .init(putBack: 1, buried: 0, left: 1))
            #expect(try await queue.recover(dead, limit: 1) == .init(putBack: 1, buried: 0, left: 0))
            let late = QueueFixture.element("late")
            try await queue.redis("LPUSH", .text(queue.keys.claimed(by: dead.id)), .bytes(late))
            #expect(try await queue.recover(dead).putBack == 1)
            #expect(try await queue.ready().map { try QueueFixture.header($0).crashes } == [0, 1, 1])
        }
    }

    @Test("a living worker's jobs are left alone")
    func living() async throws {
        try await QueueFixture.run { queue in
            let alive = try await queue.worker(holding: [QueueFixture.element("a")])
            #expect(try await queue.recover(alive) == .init(putBack: 0, buried: 0, left: 0))
            #expect(try await queue.store.claimed(by: alive).count == 1)
        }
    }

    @Test("a long list returns in steps that bytes bound too")
    func steps() async throws {
        try await QueueFixture.run { queue in
            let large = String(repeating: "x", count: 1_500_000)
            let dead = try await Self.dead(
                queue, holding: (0..<5).map { QueueFixture.element("\($0)", payload: large) })
            #expect(try await queue.recover(dead) == .init(putBack: 3, buried: 0, left: 2))
            #expect(try await queue.recover(dead) == .init(putBack: 2, buried: 0, left: 0))
            #expect(try await queue.readyIDs() == ["0", "1", "2", "3", "4"])
        }
    }
}
