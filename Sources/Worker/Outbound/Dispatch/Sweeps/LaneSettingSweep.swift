internal import OutboundLanes
internal import Postgres

/// Keeps the lanes' settings as the tenants have set them: the database says, Redis only knows. Ends pauses, too, that are
/// over in the database: whoever ended them there may have died before they told Redis.
struct LaneSettingSweep: Sendable {
    private static let all: PostgresStatement =
        "select phone_number_id, throttle_per_second, waba_id, status <> 'paused' from whatsapp_configs"

    let pool: PostgresPool
    let lanes: OutboundLanes

    func run() async throws {
        let all = Self.all
        // First: a pause that is there now was in the database before.
        let paused = try await lanes.paused()
        let rows = try await pool.withTransaction { session in
            guard try SweepLock.settings.isTaken(in: session) else {
                return [(setting: LaneSetting, isActive: Bool)]?.none
            }
            return try session.execute(all).map { row in
                let setting = LaneSetting(
                    number: try row.string(0), perSecond: Int(try row.int32(1)), waba: try row.optionalString(2))
                return (setting, try row.bool(3))
            }
        }
        guard let rows else { return }
        try await lanes.configure(rows.map(\.setting))
        let active = Dictionary(rows.map { ($0.setting.number, $0.isActive) }, uniquingKeysWith: { first, _ in first })
        // A number that nobody has any more is not paused either: whoever gets it next starts afresh.
        for (number, pause) in paused where pause.isProgram && active[number] ?? true {
            try await lanes.resume(number: number)
        }
    }
}
