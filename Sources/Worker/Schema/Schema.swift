/// The numbered migrations that make the database what this version of the Worker expects.
public enum Schema {
    static let core = String(decoding: PackageResources._001_core_sql, as: UTF8.self)
}
