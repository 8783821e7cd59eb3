internal import OutboundLanes
internal import Postgres

/// Keeps the lanes' settings as the tenants have set them: the database says, Redis only knows.
struct LaneSettingSweep: Sendable {
    private static let all: PostgresStatement =
        "select phone_number_id, throttle_per_second, waba_id from whatsapp_configs"

    let pool: PostgresPool
    let lanes: OutboundLanes

    func run() async throws {
        let all = Self.all
        let settings = try await pool.withTransaction { session in
            guard try SweepLock.settings.isTaken(in: session) else { return [LaneSetting]?.none }
            var settings: [LaneSetting] = []
            for row in try session.execute(all) {
                settings.append(
                    LaneSetting(
                        number: try row.string(0), perSecond: Int(try row.int32(1)), waba: try row.optionalString(2)))
            }
            return settings
        }
        if let settings { try await lanes.configure(settings) }
    }
}
