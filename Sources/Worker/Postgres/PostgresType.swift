/// The data types that travel in binary, with their object ids (fixed in PostgreSQL's `pg_type.dat`).
enum PostgresType: UInt32, Sendable, CaseIterable {
    case bool = 16
    case bytea = 17
    case name = 19
    case int8 = 20
    case int2 = 21
    case int4 = 23
    case text = 25
    case oid = 26
    case json = 114
    case float4 = 700
    case float8 = 701
    case unknown = 705
    case bpchar = 1042
    case varchar = 1043
    case timestamptz = 1184
    case uuid = 2950
    case jsonb = 3802

    /// The object id of the array type whose elements have this type, for the types that parameters use.
    var arrayObjectID: UInt32? {
        switch self {
        case .bool: 1000
        case .bytea: 1001
        case .int4: 1007
        case .text: 1009
        case .int8: 1016
        case .float8: 1022
        case .timestamptz: 1185
        case .uuid: 2951
        case .name, .int2, .oid, .json, .float4, .unknown, .bpchar, .varchar, .jsonb: nil
        }
    }
}

/// PostgreSQL counts microseconds from 2000-01-01, everybody else from 1970-01-01.
enum PostgresTime {
    static let epochOffset: Int64 = 946_684_800_000_000

    /// `Int64.max` and `Int64.min` stand for `infinity` and `-infinity`; nil if the time cannot be expressed.
    static func toWire(_ microseconds: Int64) -> Int64? {
        if microseconds == .max || microseconds == .min { return microseconds }
        let (value, overflow) = microseconds.subtractingReportingOverflow(epochOffset)
        return overflow ? nil : value
    }

    static func fromWire(_ value: Int64) -> Int64 {
        if value == .max || value == .min { return value }
        let (microseconds, overflow) = value.addingReportingOverflow(epochOffset)
        return overflow ? .max : microseconds
    }
}
