public import Postgres

/// The numbered migrations that make the database what this version of the Worker expects.
public enum Schema {
    /// A change that an older Worker beside a newer one could not live with raises `compatibleFrom`.
    public static let migrations = [Migration(number: 1, name: "core", sql: core, compatibleFrom: 1)]

    private static let core = String(decoding: PackageResources._001_core_sql, as: UTF8.self)
}
