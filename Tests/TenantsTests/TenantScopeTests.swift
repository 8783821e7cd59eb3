import Logging
import Postgres
import Schema
import Tenants
import TestSupport
import Testing

@Suite("Row-level security behind the tenants' scope")
struct TenantScopeTests {
    /// A table with rows of tenants; the list comes from the catalogue, so that a new one is among them.
    private static let tables = """
        select c.relname, case c.relname when 'tenants' then 'id' else 'tenant_id' end from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and (c.relname = 'tenants' or exists (
            select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped))
        order by 1
        """
    /// A row of each tenant in each of those tables. What stands in the other columns does not matter, so the checks and
    /// references of this database are done away with first.
    private static let seed = """
        set session_replication_role = replica;
        do $$
        declare
            each record;
            columns text;
            literals text;
        begin
            for each in select conrelid::regclass as name, conname from pg_constraint
                where contype = 'c' and connamespace = 'public'::regnamespace
            loop
                execute format('alter table %s drop constraint %I', each.name, each.conname);
            end loop;
            for each in select c.oid, c.relname as name, own.column, t as tenant
                from pg_class c
                cross join lateral (select case c.relname when 'tenants' then 'id' else 'tenant_id' end as column) own
                join pg_attribute a on a.attrelid = c.oid and a.attname = own.column
                cross join unnest(array[1, 2]) t
                where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
                    and (own.column = 'tenant_id' or c.relname = 'tenants')
            loop
                select string_agg(quote_ident(a.attname), ', '), string_agg(
                    case when a.attname = each.column then each.tenant::text
                        else quote_literal(case a.atttypid::regtype::text
                            when 'text' then 'x' || each.tenant when 'bytea' then '\\x0' || each.tenant
                            when 'jsonb' then '{}' when 'boolean' then 'true' when 'timestamp with time zone' then 'now'
                            else case when a.attndims > 0 then '{}' else each.tenant::text end end)
                    end, ', ')
                into columns, literals from pg_attribute a
                where a.attrelid = each.oid and a.attnum > 0 and not a.attisdropped
                    and (a.attname = each.column or a.attnotnull and not a.atthasdef and a.attidentity = '');
                execute format('insert into %I (%s) overriding system value values (%s)', each.name, columns, literals);
            end loop;
        end $$;
        """

    private static let other = TenantID(2)

    private struct Table: Sendable {
        let name: String
        let column: String
    }

    private static func tables(_ database: TenantDatabase) async throws -> [Table] {
        try await database.sql(tables).split(separator: "\n").map { line in
            let parts = line.split(separator: "|").map(String.init)
            guard parts.count == 2 else { throw TestSupportError("an odd line: \(line)") }
            return Table(name: parts[0], column: parts[1])
        }
    }

    @Test("every table with rows of tenants has row-level security and the policy")
    func everyTable() async throws {
        let database = try await TenantDatabase.make()
        let tables = try await Self.tables(database)
        #expect(tables.count >= 14)
        for table in tables {
            let found = try await database.sql(
                """
                select c.relrowsecurity, exists (select from pg_policy p where p.polrelid = c.oid
                    and p.polname = 'tenant_rows' and p.polcmd = '*' and p.polpermissive
                    and (select count(*) from pg_policy q where q.polrelid = c.oid) = 1)
                from pg_class c where c.oid = '\(table.name)'::regclass
                """)
            #expect(
                found == "t|t",
                "\(table.name): end the migration that makes this table with \"select quoteline_tenant_setup();\"")
        }
    }

    @Test("a query that forgets the tenant finds no row of another one, in no table")
    func unscopedReads() async throws {
        let database = try await TenantDatabase.make()
        _ = try await database.sql(Self.seed)
        let scope = ScopedDatabase(database.connection, to: Self.other)
        for table in try await Self.tables(database) {
            let all = try await database.sql("select count(*) from \(table.name)")
            #expect(all == "2", "\(table.name): a row of each")
            let owners = try await scope.withTransaction { session in
                try session.execute(PostgresStatement("select \(table.column) from \(table.name)")).map { row in
                    try row.int64(0)
                }
            }
            #expect(owners == [2], "\(table.name)")
        }
    }

    @Test("what a tenant writes without saying whose touches no row of another one")
    func unscopedWrites() async throws {
        let database = try await TenantDatabase.make()
        _ = try await database.sql(Self.seed)
        let scope = ScopedDatabase(database.connection, to: Self.other)
        for table in try await Self.tables(database) {
            let commands =
                table.name == "tenants"
                ? ["insert into tenants (name) values ('x')"]
                : [
                    "insert into \(table.name) (tenant_id) values (1)", "update \(table.name) set tenant_id = 1",
                ]
            for command in commands {
                let error = await #expect(throws: PostgresError.self, "\(command)") {
                    try await scope.withTransaction { session in try session.run(script: command) }
                }
                #expect(error?.sqlState == "42501", "\(command)")
            }
            let mayDelete = try await database.sql(
                "select has_table_privilege('\(ScopedDatabase.role)', '\(table.name)', 'delete')")
            if mayDelete == "t" {
                try await scope.withTransaction { session in try session.run(script: "delete from \(table.name)") }
                #expect(try await database.sql("select \(table.column) from \(table.name)") == "1", "\(table.name)")
            }
        }
    }

    @Test("tables that belong to no tenant cannot be read within a tenant's scope")
    func othersTables() async throws {
        let database = try await TenantDatabase.make()
        let scope = ScopedDatabase(database.connection, to: Self.other)
        let rest = try await database.sql(
            """
            select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
                and c.relname <> 'tenants' and not exists (
                    select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id')
            """
        ).split(separator: "\n")
        #expect(
            rest.contains("encryption_check") && rest.contains("whatsapp_unrouted") && rest.contains("archived_jobs"))
        for table in rest {
            let error = await #expect(throws: PostgresError.self, "\(table)") {
                try await scope.withTransaction { session in try session.run(script: "select 1 from \(table)") }
            }
            #expect(error?.sqlState == "42501", "\(table)")
        }
    }

    @Test("the scope ends with its transaction, also after an error; without one there is none to be had")
    func scopeEnds() async throws {
        let database = try await TenantDatabase.make()
        _ = try await database.sql(Self.seed)
        let scope = ScopedDatabase(database.connection, to: Self.other)
        await #expect(throws: PostgresError.self) {
            try await scope.withTransaction { session in try session.run(script: "select 1 / 0") }
        }
        let all: PostgresStatement = "select count(*) from whatsapp_messages"
        #expect(try await scope.withTransaction { session in try session.execute(all).only().int64(0) } == 1)
        #expect(
            try await database.connection.withTransaction { session in try session.execute(all).only().int64(0) } == 2)
        // The role without a tenant, as after a SET that somebody forgot.
        let options = PostgresTransactionOptions(settings: [.init("role", ScopedDatabase.role)])
        #expect(
            try await database.connection.withTransaction(options: options) { session in
                try session.execute(all).only().int64(0)
            } == 0)
    }

    @Test("a user of the quoting app's writes its rows as before")
    func otherUsers() async throws {
        let database = try await TenantDatabase.make()
        let role = "quoting_\(UInt32.random(in: .min ... .max))"
        _ = try await database.sql(
            """
            insert into tenants (name) values ('One');
            create role \(role);
            grant insert on whatsapp_outbox to \(role);
            set role \(role);
            insert into whatsapp_outbox (tenant_id, request) values (1, '{}');
            reset role;
            drop owned by \(role);
            drop role \(role)
            """)
        #expect(try await database.sql("select count(*) from whatsapp_outbox") == "1")
    }

    @Test("names and values of settings are taken as they are, and end no command")
    func settings() async throws {
        let database = try await TenantDatabase.make()
        let text = #"a'b"c\'; drop table tenants; --"#
        let options = PostgresTransactionOptions(settings: [.init("quoteline.note", text)])
        let found = try await database.connection.withTransaction(options: options) { session in
            try session.execute("select current_setting('quoteline.note')").only().string(0)
        }
        #expect(found == text)
        #expect(try await database.sql("select count(*) from tenants") == "0")
    }
}
