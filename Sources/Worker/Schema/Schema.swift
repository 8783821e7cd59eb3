public import Postgres

/// The numbered migrations that make the database what this version of the Worker expects.
public enum Schema {
    /// A change that an older Worker beside a newer one could not live with raises `compatibleFrom`.
    public static let migrations = [
        Migration(number: 1, name: "core", sql: core, compatibleFrom: 1),
        // A table of its own that version 1 does not look at.
        Migration(number: 2, name: "archived_jobs", sql: archivedJobs, compatibleFrom: 1),
        // Columns that may be null, and tables that version 2 does not look at.
        Migration(number: 3, name: "outbound", sql: outbound, compatibleFrom: 1),
        // More columns and tables of that kind. A number without a holder is to version 3 one that nobody knows.
        Migration(number: 4, name: "conversations", sql: conversations, compatibleFrom: 1),
        // Policies that hold for a role that older versions do not take on.
        Migration(number: 5, name: "tenant_rows", sql: tenantRows, compatibleFrom: 1),
        // Tables that version 4 does not look at; what it stores beside a newer one is found by a sweep.
        Migration(number: 6, name: "media", sql: media, compatibleFrom: 1),
        // Events that version 4 passes over, and columns that may be null or have a default.
        Migration(number: 7, name: "events_of_sends", sql: eventsOfSends, compatibleFrom: 1),
        // Columns with defaults. Where an older version begins an attempt, limits count a little later.
        Migration(number: 8, name: "send_tries", sql: sendTries, compatibleFrom: 1),
        // A column with a default, and an index.
        Migration(number: 9, name: "console_limits", sql: consoleLimits, compatibleFrom: 1),
        // Columns that may be null, and a table that version 9 does not look at. It lets messages follow a number's last two
        // holders, as it did; what it stores says less than what is stored from now on, and of whom it erases, the facts of
        // their numbers stay.
        Migration(number: 10, name: "number_history", sql: numberHistory, compatibleFrom: 1),
    ]

    private static let core = String(decoding: PackageResources._001_core_sql, as: UTF8.self)
    private static let archivedJobs = String(
        decoding: PackageResources._002_archived_jobs_sql, as: UTF8.self)
    private static let outbound = String(decoding: PackageResources._003_outbound_sql, as: UTF8.self)
    private static let conversations = String(decoding: PackageResources._004_conversations_sql, as: UTF8.self)
    private static let consoleLimits = String(
        decoding: PackageResources._009_console_limits_sql, as: UTF8.self)
    private static let numberHistory = String(
        decoding: PackageResources._010_number_history_sql, as: UTF8.self)
    private static let tenantRows = String(decoding: PackageResources._005_tenant_rows_sql, as: UTF8.self)
    private static let media = String(decoding: PackageResources._006_media_sql, as: UTF8.self)
    private static let eventsOfSends = String(
        decoding: PackageResources._007_events_of_sends_sql, as: UTF8.self)
    private static let sendTries = String(decoding: PackageResources._008_send_tries_sql, as: UTF8.self)
}
