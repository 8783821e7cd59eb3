/// Whose numbers were, and when, from everything that is known of them. Pure, and the same in whatever order it was told.
///
/// A number's time is cut where WhatsApp said that it was given up or got. Within such a *piece* it belongs to whoever was
/// seen with it last, and before anybody was, to whoever was first. Where nobody was seen in a piece, it is the same
/// person's as the number that they gave up for it, or the one that they gave it up for.
///
/// Times are microseconds since 1970. `order` decides about what happened at the same time.
struct NumberTimeline {
    /// A person seen with a number. People are known by their conversations.
    struct Sighting {
        let at: Int64
        let order: String
        let person: Int64
    }

    /// WhatsApp's news of a changed number.
    struct Change {
        let at: Int64
        let order: String
        /// Nil where only the person is known.
        let from: String?
        let to: String
        /// Nil where the person is known by the old number alone.
        let person: Int64?
    }

    enum Owner: Hashable {
        case person(Int64)
        /// Somebody of whom nothing is known but the number, and since when: `Int64.min` where nothing was before.
        case somebody(number: String, since: Int64)
    }

    /// A stretch of a number's time, until the next one's begins.
    struct Stretch: Equatable {
        let since: Int64
        let owner: Owner
    }

    private struct Piece {
        let since: Int64
        /// The change by which it begins, if the number was got by it.
        var got: Change?
        /// The first change by which it was given up.
        var given: Change?
        var sightings: [Sighting] = []
    }

    private struct Spot: Hashable {
        let number: String
        let piece: Int
    }

    private var pieces: [String: [Piece]] = [:]

    init(sightings: [String: [Sighting]], changes: [Change]) {
        let changes = changes.sorted { ($0.at, $0.order, $0.to) < ($1.at, $1.order, $1.to) }
        // At one time a number is given up before it is got.
        var cuts: [String: [Int64: Change?]] = [:]
        for number in sightings.keys { cuts[number] = [.min: nil] }
        for change in changes {
            if let from = change.from, cuts[from, default: [.min: nil]][change.at + 1] == nil {
                cuts[from, default: [.min: nil]].updateValue(nil, forKey: change.at + 1)
            }
            cuts[change.to, default: [.min: nil]].updateValue(change, forKey: change.at)
        }
        for (number, cuts) in cuts {
            pieces[number] = cuts.sorted { $0.key < $1.key }.map { Piece(since: $0.key, got: $0.value) }
        }
        for change in changes {
            guard let from = change.from, let index = index(of: from, at: change.at) else { continue }
            if pieces[from]?[index].given == nil { pieces[from]?[index].given = change }
        }
        for (number, seen) in sightings {
            for sighting in seen.sorted(by: { ($0.at, $0.order) < ($1.at, $1.order) }) {
                guard let index = index(of: number, at: sighting.at) else { continue }
                pieces[number]?[index].sightings.append(sighting)
            }
        }
    }

    /// Whose a number was, from the beginning to now. Neighbours differ.
    func stretches(of number: String) -> [Stretch] {
        var stretches: [Stretch] = []
        func append(_ owner: Owner, since: Int64) {
            if stretches.last?.owner != owner { stretches.append(Stretch(since: since, owner: owner)) }
        }
        for (index, piece) in (pieces[number] ?? []).enumerated() {
            append(unseenOwner(Spot(number: number, piece: index)), since: piece.since)
            for sighting in piece.sightings {
                if stretches.last?.since == sighting.at { stretches.removeLast() }
                append(.person(sighting.person), since: sighting.at)
            }
        }
        return stretches.isEmpty ? [Stretch(since: .min, owner: .somebody(number: number, since: .min))] : stretches
    }

    /// Whose a piece is before anybody was seen with it.
    private func unseenOwner(_ spot: Spot) -> Owner {
        if let person = before(spot) ?? after(spot) { return .person(person) }
        let origin = origin(of: spot)
        return .somebody(number: origin.number, since: pieces[origin.number]?[origin.piece].since ?? .min)
    }

    /// Who had the number for which a piece was got.
    private func before(_ spot: Spot) -> Int64? {
        var (spot, passed): (Spot, Set<Spot>) = (spot, [])
        while passed.insert(spot).inserted, let got = piece(spot)?.got {
            if let person = got.person { return person }
            guard let from = former(got) else { return nil }
            if let last = piece(from)?.sightings.last(where: { $0.at <= got.at }) { return last.person }
            spot = from
        }
        return nil
    }

    /// Who is seen first in a piece, or in the one that it was given up for.
    private func after(_ spot: Spot) -> Int64? {
        var (spot, passed): (Spot, Set<Spot>) = (spot, [])
        while passed.insert(spot).inserted, let piece = piece(spot) {
            if let first = piece.sightings.first { return first.person }
            guard let given = piece.given, let index = index(of: given.to, at: given.at) else { return nil }
            spot = Spot(number: given.to, piece: index)
            // Of two that got a number at one time, one has it.
            guard self.piece(spot)?.got?.order == given.order else { return nil }
        }
        return nil
    }

    /// With what number somebody of whom nothing else is known began.
    private func origin(of spot: Spot) -> Spot {
        var (spot, passed): (Spot, Set<Spot>) = (spot, [])
        while passed.insert(spot).inserted, let got = piece(spot)?.got, let from = former(got) { spot = from }
        return spot
    }

    private func former(_ got: Change) -> Spot? {
        guard let from = got.from, let index = index(of: from, at: got.at) else { return nil }
        return Spot(number: from, piece: index)
    }

    private func piece(_ spot: Spot) -> Piece? { pieces[spot.number]?[spot.piece] }

    private func index(of number: String, at time: Int64) -> Int? {
        pieces[number]?.lastIndex { $0.since <= time }
    }
}
