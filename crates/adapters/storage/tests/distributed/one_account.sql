-- Guards the stand-ins of `stand_ins.sql`: a statement of the service that asks more than one partition fails, unless it is listed here. A
-- coordinator of shards needs the same of a statement to send it to one shard: the account as a condition on each of its tables.
--
-- The guard is an expression with statistics on each partition. The planner works it out whenever it considers to read the partition.

-- The statements that ask all shards of a cluster: those of sweeps, of operators and of backups. No request of a client sends one.
CREATE TABLE stand_in.across_accounts (statement text PRIMARY KEY);
GRANT SELECT ON stand_in.across_accounts TO PUBLIC;
INSERT INTO stand_in.across_accounts (statement) VALUES
    -- Workers: which accounts have work to do, and when the next job is due.
    ('SELECT "jobs"."account_id" FROM "jobs" WHERE % GROUP BY "jobs"."account_id" ORDER BY min("jobs"."due_at")%'),
    ('SELECT DISTINCT account_id FROM job_leases WHERE %'),
    ('INSERT INTO job_leases (account_id, token, until, job_ids) SELECT account_id, lease_token, %'),
    ('SELECT "jobs"."due_at" FROM "jobs" WHERE % ORDER BY "jobs"."due_at"%'),
    -- The same under clocks that tests move.
    ('SELECT "jobs"."account_id", min("jobs"."due_at") FROM "jobs" WHERE % GROUP BY %'),
    -- The sweep of projections: which accounts are behind.
    ('SELECT account_id FROM change_log WHERE account_id > % GROUP BY account_id %'),
    -- Metrics: how much waits.
    ('SELECT count(*), count(lease_token), (SELECT due_at FROM jobs WHERE %'),
    ('SELECT 0 AS place, coalesce(sum(changes), 0) AS pending FROM ( SELECT cardinality(ids) - indexed AS changes FROM change_log WHERE %'),
    -- Readiness, and the doctor: the job that is due first.
    ('SELECT due_at FROM jobs WHERE % ORDER BY due_at LIMIT 1'),
    ('SELECT "jobs"."account_id", "jobs"."id", "jobs"."action", "jobs"."due_at" FROM "jobs" WHERE % ORDER BY "jobs"."due_at"%'),
    -- Lists of courses in states that the viewer never sees: no row can match, so no shard is asked.
    ('SELECT % FROM courses c WHERE 1 = 0 %'),
    ('SELECT % FROM course_members m JOIN courses c % AND (1 = 0)%'),
    -- After a migration: the rows that keep an old key.
    ('SELECT "key_twins"."account_id", "key_twins"."subject", "key_twins"."row_id" FROM "key_twins" ORDER BY %'),
    -- Backups: all rows, the highest ids, and what has ended.
    ('SELECT json_build_object(%)::text AS "row" FROM "%"  ORDER BY %'),
    ('SELECT greatest(coalesce(pg_sequence_last_value(%'),
    ('SELECT "jobs"."account_id", "jobs"."id" FROM "jobs" WHERE % ORDER BY "jobs"."account_id", "jobs"."id"'),
    ('SELECT "jobs"."account_id", "jobs"."id", "jobs"."project_id", "jobs"."reference", "jobs"."status" FROM "jobs" WHERE % ORDER BY %'),
    ('SELECT "erasure_users"."account_id", "erasure_users"."job_id", "jobs"."project_id", % ORDER BY %'),
    ('SELECT "passwords"."account_id", "passwords"."principal_id", "passwords"."changed_at" FROM "passwords" ORDER BY %'),
    ('SELECT "token_grants"."account_id", "token_grants"."id", "token_grants"."revoked_at", % FROM "token_grants" ORDER BY %'),
    -- Restores: whether the database is empty, the rows, what ends in all accounts, the sessions that the
    -- projections lack, and the figures by which the server plans.
    ('SELECT EXISTS (SELECT 1 FROM "%") AS "exists"'),
    ('INSERT INTO "%" (%) SELECT % FROM json_to_recordset($1::json) AS rows (%'),
    ('UPDATE "token_grants" SET "revoked_at" = $1 WHERE ("token_grants"."revoked_at" IS NULL)'),
    ('DELETE%FROM "passwords"'),
    ('INSERT INTO change_log (account_id, kind, pending, ids) SELECT account_id, % FROM sessions% GROUP BY account_id, part %'),
    ('ANALYZE');

CREATE FUNCTION stand_in.is_asked(of_table text, part text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    -- All partitions that a statement asks are planned at one time.
    this CONSTANT text := statement_timestamp()::text || ' ' || part;
    before CONSTANT text := coalesce(current_setting('stand_in.asked', true), '');
BEGIN
    -- Tests connect under other names, to look at all rows.
    IF current_setting('application_name') NOT LIKE 'derslik%'
        OR EXISTS (SELECT FROM stand_in.across_accounts WHERE current_query() LIKE statement)
    THEN
        RETURN true;
    END IF;
    IF part = 'none' OR before <> this AND starts_with(before, statement_timestamp()::text || ' ') THEN
        RAISE EXCEPTION 'a statement asks for more than one account in %: %', of_table, current_query()
        USING HINT = 'Make the account a condition on each table, or list the statement in crates/adapters/storage/tests/distributed.';
    END IF;
    PERFORM set_config('stand_in.asked', this, false);
    RETURN true;
END
$$;

DO $$
DECLARE
    part record;
BEGIN
    FOR part IN
        SELECT of_table.relname AS of_table, relation.relname, substr(relation.relname, length(of_table.relname) + 2) AS name
        FROM pg_inherits JOIN pg_class AS relation ON relation.oid = inhrelid JOIN pg_class AS of_table ON of_table.oid = inhparent
        WHERE relation.relkind = 'r'
    LOOP
        EXECUTE format(
            'CREATE STATISTICS stand_in.%1$I ON (stand_in.is_asked(%2$L, %3$L)) FROM public.%1$I', part.relname, part.of_table, part.name
        );
    END LOOP;
    -- A plan for any account would hold all partitions, so each statement is planned for the account that it names.
    EXECUTE format('ALTER DATABASE %I SET plan_cache_mode = force_custom_plan', current_database());
END
$$;
