import CLibPQ

/// Where PostgreSQL is and how patient to be with it. Its descriptions never show the password.
public struct PostgresConfiguration: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    /// For each host of the URI: opening the socket, TLS and authentication together; the URI's `connect_timeout` (in
    /// seconds) sets it. Name resolution is the system's.
    public var connectTimeout: Duration = .seconds(5)
    /// The server ends a statement after this time (`statement_timeout`); nil: never. Two seconds later this side gives
    /// up too, since a server that does not answer at all cannot end anything.
    public var statementTimeout: Duration? = .seconds(15)
    /// The server ends a session that stands still inside a transaction, as when its process is frozen. A transaction of
    /// ours never waits for anything but the database, so this is only a matter of a machine's hiccups; and it is half of a
    /// worker's lease (10 s): whoever is declared dead can commit nothing any more, and holds no lock that its jobs would
    /// wait for where they run again.
    public var idleInTransactionTimeout: Duration = .seconds(5)
    /// What `pg_stat_activity` shows, unless the URI has a name of its own.
    public var applicationName = "quoteline"

    private let options: [(keyword: String, value: String)]
    private let hostCount: Int

    /// Reads a libpq connection URI (PostgreSQL's manual, section 34.1.1.2). Parameters that it does not name come from
    /// libpq's environment variables and defaults.
    public init(url: String) throws(PostgresURLError) {
        try Self.checkShape(url)
        var message: UnsafeMutablePointer<CChar>?
        let parsed = PQconninfoParse(url, &message)
        defer { PQconninfoFree(parsed) }
        guard let parsed else {
            defer { PQfreemem(message) }
            throw PostgresURLError(problem: Self.classify(message.map { String(cString: $0) } ?? ""))
        }
        var options: [(keyword: String, value: String)] = []
        var next = parsed
        // PQconninfoParse answers an array that ends with an entry whose keyword is null.
        while let keyword = next.pointee.keyword {
            if let value = next.pointee.val {
                options.append((String(cString: keyword), String(cString: value)))
            }
            next += 1
        }
        try Self.checkValues(options)
        self.options = options
        if let seconds = options.first(where: { $0.keyword == "connect_timeout" }).flatMap({ Int($0.value) }),
            seconds > 0
        {
            connectTimeout = .seconds(min(seconds, 3600))
        }
        hostCount = max(1, options.first { $0.keyword == "host" }?.value.split(separator: ",").count ?? 1)
    }

    public var description: String {
        let shown = options.filter { ["host", "port", "dbname", "user"].contains($0.keyword) }
        return "PostgreSQL " + shown.map { "\($0.keyword)=\($0.value)" }.joined(separator: " ")
    }

    public var debugDescription: String { description }

    public var customMirror: Mirror { Mirror(self, children: ["configuration": description]) }

    /// The whole time that a connection may take to open.
    var openingLimit: Duration { connectTimeout * hostCount }

    /// How long this side waits for a statement.
    var statementLimit: Duration? { statementTimeout.map { $0 + .seconds(2) } }

    /// Everything that libpq is given: what the URI says goes before what we would choose.
    var connectionParameters: [(keyword: String, value: String)] {
        var parameters = options.filter { $0.keyword != "options" && $0.keyword != "client_encoding" }
        let unacknowledged = hostCount > 1 ? connectTimeout : max(connectTimeout, .seconds(10))
        let defaults = [
            ("fallback_application_name", applicationName),
            ("keepalives", "1"),
            ("keepalives_idle", "10"),
            ("keepalives_interval", "5"),
            ("keepalives_count", "3"),
            // Also bounds each attempt to reach a host, so that the next one of several is tried in time.
            ("tcp_user_timeout", String(unacknowledged.milliseconds)),
        ]
        for (keyword, value) in defaults where !parameters.contains(where: { $0.keyword == keyword }) {
            parameters.append((keyword, value))
        }
        parameters.append(("client_encoding", "UTF8"))
        let ours = [
            "-c statement_timeout=\(statementTimeout?.milliseconds ?? 0)",
            "-c idle_in_transaction_session_timeout=\(idleInTransactionTimeout.milliseconds)",
            "-c TimeZone=UTC",
        ]
        // The last `-c` of a name wins, hence the URI's after ours.
        let theirs = options.filter { $0.keyword == "options" }.map(\.value)
        parameters.append(("options", (ours + theirs).joined(separator: " ")))
        return parameters
    }

    /// Takes the password out of a message, should libpq ever quote it.
    func redacted(_ message: String) -> String {
        guard let password = options.first(where: { $0.keyword == "password" })?.value, password.count >= 3 else {
            return message
        }
        var text = message
        while let range = text.firstRange(of: password) { text.replaceSubrange(range, with: "<redacted>") }
        return text
    }

    /// Finds what libpq would read in a way that moves a part of the password into the host or the database's name,
    /// which messages show.
    private static func checkShape(_ url: String) throws(PostgresURLError) {
        guard !url.isEmpty else { throw PostgresURLError(problem: "it is empty") }
        guard !url.utf8.contains(0) else { throw PostgresURLError(problem: "it holds a NUL character") }
        guard let scheme = ["postgresql://", "postgres://"].first(where: { url.hasPrefix($0) }) else {
            throw PostgresURLError(problem: "it does not begin with postgresql:// or postgres://")
        }
        let rest = url.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" }
        let path = rest.dropFirst(authority.count).prefix { $0 != "?" }
        guard authority.filter({ $0 == "@" }).count <= 1, !path.contains("@") else {
            throw PostgresURLError(
                problem: "an @ or / in the user name or password must be percent-encoded (%40, %2F)")
        }
    }

    /// Finds what libpq itself would complain about only when it connects, which is after the start.
    private static func checkValues(_ options: [(keyword: String, value: String)]) throws(PostgresURLError) {
        let choices = [
            "sslmode": ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"],
            "target_session_attrs": ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"],
        ]
        let numbers = [
            "connect_timeout", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count",
            "tcp_user_timeout",
        ]
        for port in options.filter({ $0.keyword == "port" }).flatMap({ $0.value.split(separator: ",") }) {
            guard let number = Int(port), (1...65535).contains(number) else {
                throw PostgresURLError(
                    problem:
                        "the port is not a number from 1 to 65535 (a / or : in the password must be percent-encoded)")
            }
        }
        for (keyword, value) in options {
            if let known = choices[keyword], !known.contains(value) {
                throw PostgresURLError(problem: "\(keyword) is none of \(known.joined(separator: ", "))")
            }
            if numbers.contains(keyword), Int32(value) == nil {
                throw PostgresURLError(problem: "\(keyword) is not a whole number")
            }
        }
    }

    /// Tells libpq's complaints apart by their fixed beginnings; the rest of each may quote the URI.
    private static func classify(_ message: String) -> String {
        if message.hasPrefix("invalid percent-encoded token") || message.hasPrefix("forbidden value %00") {
            return "a percent-encoding is broken (a % itself is written %25)"
        }
        if message.hasPrefix("invalid URI query parameter") {
            return "a parameter after the ? is none of libpq's"
        }
        if message.hasPrefix("missing key/value separator") || message.hasPrefix("extra key/value separator") {
            return "the parameters after the ? are not name=value pairs joined by &"
        }
        if message.contains("IPv6") { return "an IPv6 address must stand in [brackets]" }
        return "libpq cannot read it"
    }
}

extension Duration {
    /// Whole milliseconds, at least 1 for any positive duration.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        return milliseconds == 0 && self > .zero ? 1 : milliseconds
    }
}
