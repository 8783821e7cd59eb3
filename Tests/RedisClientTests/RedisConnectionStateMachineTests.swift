import NIOCore
import TestSupport
import Testing

@testable import RedisClient

@Suite struct RedisConnectionStateMachineTests {
    typealias Machine = RedisConnectionStateMachine<Int>

    static let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    static func at(_ milliseconds: Int64) -> NIODeadline { start + .milliseconds(milliseconds) }

    static func machine() -> Machine { Machine(silenceGrace: .milliseconds(1000)) }

    @Test("Replies go to the commands in the order of submission")
    func order() {
        var machine = Self.machine()
        for command in 0..<1000 { _ = machine.submit(command, deadline: .distantFuture) }
        for command in 0..<1000 { #expect(machine.replyReceived() == .complete(command)) }
        #expect(machine.pendingCount == 0)
    }

    @Test("A reply that nobody asked for is unexpected")
    func unexpected() {
        var machine = Self.machine()
        #expect(machine.replyReceived() == .unexpected)
        _ = machine.submit(1, deadline: .distantFuture)
        #expect(machine.replyReceived() == .complete(1))
        #expect(machine.replyReceived() == .unexpected)
    }

    @Test("A timer is asked for only when the earliest deadline changes")
    func timerRequests() {
        var machine = Self.machine()
        #expect(machine.submit(0, deadline: .distantFuture) == .write(0))
        #expect(machine.submit(1, deadline: Self.at(500)) == .writeAndSchedule(1, at: Self.at(500)))
        #expect(machine.submit(2, deadline: Self.at(500)) == .write(2))
        #expect(machine.submit(3, deadline: Self.at(900)) == .write(3))
        #expect(machine.submit(4, deadline: Self.at(100)) == .writeAndSchedule(4, at: Self.at(100)))
    }

    @Test("When the timer finds all answered it rests until the next command")
    func timerRests() {
        var machine = Self.machine()
        _ = machine.submit(1, deadline: Self.at(100))
        #expect(machine.replyReceived() == .complete(1))
        #expect(machine.timerFired(now: Self.at(100)) == .expire([], nextTimer: nil))
        #expect(machine.submit(2, deadline: Self.at(600)) == .writeAndSchedule(1, at: Self.at(600)))
    }

    @Test("When the timer finds younger commands it asks for the earliest of their deadlines")
    func timerMovesOn() {
        var machine = Self.machine()
        _ = machine.submit(1, deadline: Self.at(100))
        #expect(machine.replyReceived() == .complete(1))
        _ = machine.submit(2, deadline: Self.at(700))
        _ = machine.submit(3, deadline: Self.at(600))
        #expect(machine.timerFired(now: Self.at(100)) == .expire([], nextTimer: Self.at(600)))
    }

    @Test("A deadline fails its own command only, and that command's late reply is dropped")
    func deadline() {
        var machine = Self.machine()
        _ = machine.submit(1, deadline: Self.at(100))
        _ = machine.submit(2, deadline: Self.at(5000))
        machine.flushed()
        #expect(
            machine.timerFired(now: Self.at(100))
                == .expire([.init(context: 1, mayHaveExecuted: true)], nextTimer: Self.at(1100)))
        machine.bytesReceived()
        #expect(machine.replyReceived() == .discard)
        #expect(machine.replyReceived() == .complete(2))
    }

    @Test("A deadline that passes before the flush may still execute: the bytes are queued")
    func deadlineBeforeFlush() {
        var machine = Self.machine()
        _ = machine.submit(1, deadline: Self.at(0))
        #expect(
            machine.timerFired(now: Self.at(0))
                == .expire([.init(context: 1, mayHaveExecuted: true)], nextTimer: Self.at(1000)))
    }

    @Test("Silence through the grace after a deadline gives the connection up")
    func silence() {
        var machine = Self.machine()
        _ = machine.submit(1, deadline: Self.at(100))
        _ = machine.submit(2, deadline: Self.at(1100))
        _ = machine.submit(3, deadline: Self.at(9000))
        machine.flushed()
        _ = machine.submit(4, deadline: Self.at(9000))
        #expect(
            machine.timerFired(now: Self.at(100))
                == .expire([.init(context: 1, mayHaveExecuted: true)], nextTimer: Self.at(1100)))
        #expect(
            machine.timerFired(now: Self.at(1100))
                == .giveUp(
                    timedOut: [.init(context: 2, mayHaveExecuted: true)],
                    others: [.init(context: 3, mayHaveExecuted: true), .init(context: 4, mayHaveExecuted: false)]))
        #expect(!machine.isOpen)
        #expect(machine.submit(5, deadline: .distantFuture) == .refuse)
    }

    @Test("Any byte within the grace clears the suspicion")
    func aliveAgain() {
        var machine = Self.machine()
        _ = machine.submit(1, deadline: Self.at(100))
        _ = machine.submit(2, deadline: Self.at(9000))
        _ = machine.timerFired(now: Self.at(100))
        machine.bytesReceived()
        #expect(machine.timerFired(now: Self.at(1100)) == .expire([], nextTimer: Self.at(9000)))
        #expect(machine.isOpen)
    }

    @Test("The grace runs from the first deadline, not from the last")
    func graceIsNotExtended() {
        var machine = Self.machine()
        for command in 0..<10 { _ = machine.submit(command, deadline: Self.at(Int64(command) * 200)) }
        var time = Self.at(0)
        var expired = 0
        while case .expire(let failures, let next) = machine.timerFired(now: time), let next {
            expired += failures.count
            time = next
        }
        #expect(time == Self.at(1000))
        #expect(expired == 5)
        #expect(!machine.isOpen)
    }

    @Test("A cancelled command leaves the others alone, and its reply is dropped")
    func cancel() {
        var machine = Self.machine()
        for command in 0..<3 { _ = machine.submit(command, deadline: .distantFuture) }
        #expect(machine.cancel(1) == 1)
        #expect(machine.cancel(1) == nil)
        #expect(machine.replyReceived() == .complete(0))
        #expect(machine.replyReceived() == .discard)
        #expect(machine.replyReceived() == .complete(2))
    }

    @Test("Cancelling what has ended, or was never submitted, does nothing")
    func cancelTooLate() {
        var machine = Self.machine()
        _ = machine.submit(7, deadline: .distantFuture)
        #expect(machine.replyReceived() == .complete(7))
        #expect(machine.cancel(0) == nil)
        #expect(machine.cancel(1) == nil)
        #expect(machine.cancel(.max) == nil)
        _ = machine.submit(8, deadline: .distantFuture)
        #expect(machine.cancel(0) == nil)
        #expect(machine.replyReceived() == .complete(8))
    }

    @Test("A cancelled command's deadline still tells that the server is silent, without failing it twice")
    func cancelledDeadline() {
        var machine = Self.machine()
        _ = machine.submit(1, deadline: Self.at(100))
        #expect(machine.cancel(0) == 1)
        #expect(machine.timerFired(now: Self.at(100)) == .expire([], nextTimer: Self.at(1100)))
        #expect(machine.timerFired(now: Self.at(1100)) == .giveUp(timedOut: [], others: []))
    }

    @Test("Closing fails everything once: what was flushed may have executed, the rest has not")
    func close() {
        var machine = Self.machine()
        for command in 0..<4 {
            _ = machine.submit(command, deadline: .distantFuture)
            if command == 1 { machine.flushed() }
        }
        #expect(machine.cancel(2) == 2)
        #expect(machine.replyReceived() == .complete(0))
        #expect(
            machine.close() == [.init(context: 1, mayHaveExecuted: true), .init(context: 3, mayHaveExecuted: false)])
        #expect(machine.close() == [])
        #expect(machine.submit(9, deadline: .distantFuture) == .refuse)
        #expect(machine.cancel(3) == nil)
        #expect(machine.timerFired(now: Self.at(9000)) == .expire([], nextTimer: nil))
    }

    @Test("Many deadlines that pass one by one wake the timer at most once a millisecond")
    func timerResolution() {
        var machine = Self.machine()
        for command in 0..<10_000 {
            _ = machine.submit(command, deadline: Self.start + .microseconds(Int64(command)))
        }
        var time = Self.start
        var wakeUps = 0
        var expired = 0
        while expired < 10_000, case .expire(let failures, let next) = machine.timerFired(now: time), let next {
            expired += failures.count
            wakeUps += 1
            time = next
        }
        #expect(expired == 10_000)
        #expect(wakeUps <= 11)
    }

    @Test("Whatever happens in whatever order, each command ends exactly once", arguments: 0..<100 as Range<UInt64>)
    func endsOnce(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var machine = Self.machine()
        var now = Self.start
        var submitted = 0
        var ended: [Int: Int] = [:]
        /// What the server still owes, by command, to check that replies find their command.
        var owed: [Int] = []
        func end(_ failures: [Machine.Failure]) { for failure in failures { ended[failure.context, default: 0] += 1 } }

        for _ in 0..<500 {
            now = now + .milliseconds(Int64.random(in: 0...40, using: &random))
            switch Int.random(in: 0..<10, using: &random) {
            case 0...3:
                let deadline = now + .milliseconds(Int64.random(in: 1...800, using: &random))
                if case .refuse = machine.submit(submitted, deadline: deadline) { continue }
                owed.append(submitted)
                submitted += 1
            case 4...6:
                machine.bytesReceived()
                guard !owed.isEmpty, machine.isOpen else { continue }
                let expected = owed.removeFirst()
                if case .complete(let command) = machine.replyReceived() {
                    #expect(command == expected)
                    ended[command, default: 0] += 1
                }
            case 7:
                machine.flushed()
            case 8:
                let id = UInt64.random(in: 0...UInt64(submitted + 1), using: &random)
                if let command = machine.cancel(id) {
                    #expect(command == Int(id))
                    ended[command, default: 0] += 1
                }
            case _:
                switch machine.timerFired(now: now) {
                case .expire(let failures, _): end(failures)
                case .giveUp(let timedOut, let others): end(timedOut + others)
                }
            }
        }
        end(machine.close())
        #expect(ended.count == submitted)
        #expect(ended.values.allSatisfy { $0 == 1 })
    }
}
