import OutboundLanes
import Postgres
import Testing

@testable import Outbound

/// Who has a turn is given no second one, which his number or another's would pay for.
@Suite("The sweep of turns", .timeLimit(.minutes(1)))
struct TurnSweepTests {
    @Test("a message that is due is given a turn, and another one only when that one must have been lost")
    func lost() async throws {
        try await SweepStage.run { stage in
            _ = try await stage.send()
            #expect(try await stage.turns.run() == 0)
            try await stage.age()
            #expect(try await stage.turns.run() == 1)
            #expect(try await stage.turns.run() == 0)
            #expect(try await stage.given() == 1)
        }
    }

    @Test("a turn that waits for its recipient's place is not doubled before that place has come")
    func deferred() async throws {
        try await SweepStage.run { stage in
            let (waits, gone) = (try await stage.send(), try await stage.send(to: "+16505559999"))
            try await stage.age()
            _ = try await stage.harness.sql("update whatsapp_messages set status = 'sent' where id = '\(gone)'")
            let noted = try await stage.harness.pool.withTransaction { session in
                try DeferralTable.write([(waits, 300_000), (gone, 300_000)], in: session)
            }
            #expect(noted == [waits])
            #expect(try await stage.row(waits, "turn_at > now() + interval '4 minutes'") == "t")
            #expect(try await stage.turns.run() == 0)
            try await stage.age()
            #expect(try await stage.turns.run() == 1)
        }
    }

    @Test("a lane that is held, or longer than what its number sends in a minute, keeps its turns")
    func heldAndSlow() async throws {
        try await SweepStage.run { stage in
            _ = try await stage.send()
            try await stage.age()
            try await stage.lanes.set(LaneSetting(number: "100", perSecond: 1))
            try await stage.fill("100", 61)
            #expect(try await stage.turns.run() == 0)
            try await stage.lanes.set(LaneSetting(number: "100", perSecond: 2))
            try await stage.lanes.hold(number: "100", milliseconds: 60_000)
            #expect(try await stage.turns.run() == 0)
            try await stage.letGo("100")
            #expect(try await stage.turns.run() == 1)
        }
    }

    @Test("what a tenant left waiting for a number costs nothing to the tenant who has that number now")
    func givenAwayNumber() async throws {
        try await SweepStage.run { stage in
            let id = try await stage.send()
            try await stage.harness.addTenant(number: "200")
            try await stage.age()
            _ = try await stage.harness.sql(
                """
                delete from whatsapp_configs where tenant_id = 1;
                update whatsapp_configs set phone_number_id = '100' where tenant_id = 2;
                """)
            #expect(try await stage.turns.run() == 0)
            _ = try await stage.harness.sql(
                """
                insert into whatsapp_configs (tenant_id, phone_number_id, access_token, access_token_set_by)
                values (1, '300', '\\x00', 'test')
                """)
            try await stage.turns.renumber()
            #expect(try await stage.row(id, "phone_number_id") == "300")
            #expect(try await stage.turns.run() == 1)
        }
    }

    @Test("pauses that are over in the database end, also of numbers that nobody has any more; an operator's stay")
    func endedPauses() async throws {
        try await SweepStage.run { stage in
            try await stage.harness.addTenant(number: "200")
            try await stage.harness.addTenant(number: "300")
            _ = try await stage.harness.sql(
                "update whatsapp_configs set status = 'paused' where phone_number_id = '300'")
            for number in ["100", "300", "400"] { try await stage.lanes.pause(number: number, reason: "token") }
            for number in ["200", "500"] { try await stage.lanes.pause(number: number, reason: "stop", by: "cli:me") }
            try await LaneSettingSweep(pool: stage.harness.pool, lanes: stage.lanes).run()
            #expect(try await stage.lanes.paused().keys.sorted() == ["200", "300", "500"])
        }
    }
}
