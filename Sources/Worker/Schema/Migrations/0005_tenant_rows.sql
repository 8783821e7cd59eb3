-- Row-level security behind the tenants' scope: whoever acts for a tenant over the console or the API does so as the role
-- quoteline_tenant, with that tenant in the setting quoteline.tenant, and sees and writes that tenant's rows only, whatever
-- a statement forgets to say. All others (the Workers' own connections, the quoting app that writes to whatsapp_outbox)
-- are not held to it: what they may do is what was granted to them.

-- Makes the role, lets this user become it, and gives every table with a tenant_id its policy and grants. Whatever is
-- there already stays, so that a later migration with a new table, or somebody who restored a dump into a cluster
-- without the role, calls it again.
create function quoteline_tenant_setup() returns void language plpgsql as $$
declare
    -- The tables in the order in which they were made, which is that in which transactions lock them.
    each record;
begin
    -- Roles are the whole cluster's: another database may be at the same work at this moment.
    begin
        if not exists (select from pg_roles where rolname = 'quoteline_tenant') then
            create role quoteline_tenant nologin;
        end if;
    exception
        when duplicate_object or unique_violation then null;
        when insufficient_privilege then
            raise insufficient_privilege using message = format(
                'the role quoteline_tenant is missing and %I may not create roles: have an administrator run '
                '"create role quoteline_tenant nologin; grant quoteline_tenant to %I", then try again',
                session_user, session_user);
    end;
    if not quoteline_tenant_is_open() then
        begin
            execute format('grant quoteline_tenant to %I', session_user);
        exception
            when duplicate_object or unique_violation then null;
            when insufficient_privilege then
                raise insufficient_privilege using message = format(
                    '%I may not become quoteline_tenant: have an administrator run "grant quoteline_tenant to %I", '
                    'then try again', session_user, session_user);
        end;
    end if;
    if not has_schema_privilege('quoteline_tenant', current_schema, 'usage') then
        execute format('grant usage on schema %I to quoteline_tenant', current_schema);
    end if;
    for each in
        select c.relname as name, case c.relname when 'tenants' then 'id' else 'tenant_id' end as tenant,
            case c.relname
                -- It may be locked and renamed; whether it is switched off is not a tenant's to say.
                when 'tenants' then 'select, update (name)'
                when 'api_keys' then 'select, insert, update (revoked_at)'
                when 'audit_log' then 'select, insert'
                else 'select, insert, update, delete'
            end as privileges,
            c.relrowsecurity as is_on,
            exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'tenant_rows') as has_policy
        from pg_class c
        where c.relnamespace = (select oid from pg_namespace where nspname = current_schema) and c.relkind in ('r', 'p')
            and (c.relname = 'tenants' or exists (
                select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped))
        order by c.oid
    loop
        if not each.is_on then
            execute format('alter table %I enable row level security', each.name);
        end if;
        if not each.has_policy then
            -- By the current role, not by "to quoteline_tenant": that would also bind every role that may become it. The
            -- inner selects are evaluated once for a statement, not once for each row.
            execute format(
                'create policy tenant_rows on %I using ((select current_user <> %L) '
                'or %I = (select nullif(current_setting(%L, true), %L)::bigint))',
                each.name, 'quoteline_tenant', each.tenant, 'quoteline.tenant', '');
        end if;
        execute format('grant %s on %I to quoteline_tenant', each.privileges, each.name);
    end loop;
end $$;

-- Whether the user of this connection may become quoteline_tenant. From Postgres 16 on, to be a member is not enough.
create function quoteline_tenant_is_open() returns boolean language sql stable
    as $$
        select coalesce((
            select pg_has_role(session_user, r.oid,
                case when current_setting('server_version_num')::integer >= 160000 then 'SET' else 'MEMBER' end)
            from pg_roles r where r.rolname = 'quoteline_tenant'), false)
    $$;

select quoteline_tenant_setup();
