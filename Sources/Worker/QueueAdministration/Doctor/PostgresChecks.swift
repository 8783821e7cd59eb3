internal import Postgres

/// What must be true of the database.
struct PostgresChecks {
    /// `unique nulls not distinct` came with 15.
    private static let leastVersion: Int64 = 150_000
    private static let facts: PostgresStatement = """
        select current_setting('server_version_num')::bigint, current_setting('server_version'),
            current_setting('max_connections')::bigint,
            (select count(*) from pg_stat_activity where backend_type = 'client backend'), pg_is_in_recovery(),
            current_setting('synchronous_commit')
        """

    /// Whether this user may take on the role of the tenants' scope, and on how many tables that role can do nothing.
    private static let tenantRole: PostgresStatement = """
        select quoteline_tenant_is_open(), (
            select count(*) from pg_policy p where p.polname = 'tenant_rows' and not exists (
                select from pg_roles r
                where r.rolname = 'quoteline_tenant' and has_table_privilege(r.oid, p.polrelid, 'select')))
        """

    let configuration: PostgresConfiguration
    let runner: MigrationRunner

    func findings() async -> [Finding] {
        let connection: PostgresConnection
        do {
            connection = try await PostgresConnection.connect(configuration)
        } catch {
            return [
                .fail(
                    "postgres", "the database of DATABASE_URL cannot be reached: \(error)",
                    "start Postgres, or mend DATABASE_URL; jobs wait in Redis meanwhile and lose no attempt")
            ]
        }
        var findings: [Finding]
        do {
            findings = try await connection.withConnection { session in
                Self.judge(try session.execute(Self.facts).only())
            }
        } catch {
            findings = [.fail("postgres", "the database does not answer: \(error)", "look at the log of Postgres")]
        }
        let schema = await schema(connection)
        findings.append(schema)
        if schema.verdict == .ok { findings.append(await tenantRole(connection)) }
        await connection.close()
        return findings
    }

    private func schema(_ connection: PostgresConnection) async -> Finding {
        do {
            try await runner.check(connection)
            return .ok("postgres-schema", "the schema fits this version (migration \(runner.newest))")
        } catch let error as MigrationError {
            return .fail(
                "postgres-schema", error.description,
                "as the message says; `worker migrate` brings an older schema up to date")
        } catch {
            return .fail("postgres-schema", "the schema cannot be checked: \(error)", "look at the log of Postgres")
        }
    }

    private func tenantRole(_ connection: PostgresConnection) async -> Finding {
        do {
            let (isOpen, closedTables) = try await connection.withConnection { session in
                let row = try session.execute(Self.tenantRole).only()
                return (try row.bool(0), try row.int64(1))
            }
            if isOpen, closedTables == 0 {
                return .ok("postgres-tenant-role", "what tenants do runs under row-level security")
            }
            return .fail(
                "postgres-tenant-role",
                isOpen
                    ? "the role quoteline_tenant has no rights on \(closedTables) tables: the console answers tenants 500"
                    : "this user may not become quoteline_tenant: the console answers tenants 500",
                "run \"select quoteline_tenant_setup()\" as the user of DATABASE_URL; it says what an administrator has to do"
            )
        } catch {
            return .fail(
                "postgres-tenant-role", "the role of the tenants' scope cannot be checked: \(error)",
                "look at the log of Postgres")
        }
    }

    private static func judge(_ row: PostgresRow) -> [Finding] {
        do throws(PostgresError) {
            let version = try row.string(1)
            let limit = try row.int64(2)
            let used = try row.int64(3)
            let commit = try row.string(5)
            let connections = "\(used) of \(limit) connections in use"
            let advice = "raise max_connections, or run fewer consumers (INBOUND_CONSUMERS)"
            return [
                try row.int64(0) >= leastVersion
                    ? .ok("postgres-version", "Postgres \(version)")
                    : .fail("postgres-version", "Postgres \(version) is too old", "upgrade to 15 or newer"),
                try row.bool(4)
                    ? .fail(
                        "postgres-role", "this is a standby and takes no writes", "point DATABASE_URL at the primary")
                    : .ok("postgres-role", "a primary, takes writes"),
                commit == "off"
                    ? .fail(
                        "postgres-commit", "synchronous_commit is off: a crash loses committed messages",
                        "set synchronous_commit = on")
                    : .ok("postgres-commit", "synchronous_commit is \(commit)"),
                used * 100 >= limit * 95
                    ? .fail("postgres-connections", connections, advice)
                    : used * 100 >= limit * 80
                        ? .warn("postgres-connections", connections, advice)
                        : .ok("postgres-connections", connections),
            ]
        } catch {
            return [.fail("postgres", "the database answers strangely: \(error)", "is a proxy in between?")]
        }
    }
}
