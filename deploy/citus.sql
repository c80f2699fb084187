-- Spreads the tables of Derslik over the data nodes of a Citus cluster, by account. Run it on the coordinator, as the owner of the
-- tables, each time after `derslik migrate` and before the processes start:
--
--     psql "$DATABASE_URL" --no-psqlrc --quiet --set ON_ERROR_STOP=1 --file deploy/citus.sql
--
-- It takes in the tables that are new, and changes none of the others, so it may run at any time. docs/OPERATIONS.md says what a cluster
-- needs, when it pays, and how to move an account.

BEGIN;

SET LOCAL client_min_messages = warning;
-- One node after another: the references between the tables are made in this same transaction.
SET LOCAL citus.multi_shard_modify_mode = 'sequential';

DO $$
DECLARE
    -- The tables that are not spread: how each stands in the cluster, and why. A `reference` table has a copy on each node, a `local` one
    -- stays on the coordinator. All other tables are spread by their `account_id`. This is the only list of them: the tests read it here.
    whole CONSTANT text[] := ARRAY[
        ['__diesel_schema_migrations', 'local', 'one row for each migration of the installation'],
        ['account_clocks', 'local', 'each process reads what has changed in the clocks of all accounts'],
        ['accounts', 'reference', 'it lists the accounts, and an account is found by its name'],
        ['admin_sign_ins', 'local', 'one row for each sign-in of an admin, who belongs to no account'],
        ['admins', 'local', 'one row for each person who runs the installation'],
        ['credentials', 'reference', 'a credential is found by its public id before its account is known'],
        ['key_rewrites', 'local', 'one row for each kind of text, with the progress of the program over all accounts'],
        ['principals', 'reference', 'credentials refer to them, and a table that is not spread may refer to no spread one'],
        ['schema_compatibility', 'local', 'one row for the installation'],
        ['service_keys', 'local', 'one row for each key that all processes of the installation share'],
        ['test_accounts', 'reference', 'an account of tests is found by its public number']
    ];
    -- The schema of the tables.
    home CONSTANT oid := (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('accounts'));
    -- The tables that are to be taken in. Sessions come first: the other spread tables lie beside them.
    taken text[];
    taken_oids oid[];
    misfits text;
    dropped text[];
    added text[];
    statement text;
    named text;
BEGIN
    IF home IS NULL THEN
        RAISE EXCEPTION 'this database has no tables of Derslik: run `derslik migrate` first';
    END IF;
    IF to_regproc('create_reference_table') IS NULL THEN
        RAISE EXCEPTION 'this database has no Citus: run CREATE EXTENSION citus in it, on each node';
    END IF;

    SELECT array_agg(oid::regclass::text ORDER BY relname <> 'sessions', relname), array_agg(oid)
    INTO taken, taken_oids
    FROM pg_class
    WHERE relnamespace = home AND relkind IN ('r', 'p') AND NOT relispartition
      AND NOT EXISTS (SELECT FROM generate_subscripts(whole, 1) AS n WHERE whole[n][1] = relname AND whole[n][2] = 'local')
      -- A table that refers to another one may be in the cluster as a local one.
      AND NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = oid AND (partmethod = 'h' OR repmodel = 't'))
      AND relation_is_a_known_shard(oid) IS NOT TRUE
      -- Tables of extensions, such as those of Citus.
      AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e');

    SELECT string_agg(oid::regclass::text, ', ') INTO misfits
    FROM pg_class
    WHERE oid = ANY (taken_oids)
      AND NOT EXISTS (SELECT FROM generate_subscripts(whole, 1) AS n WHERE whole[n][1] = relname)
      AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = oid AND attname = 'account_id' AND attnotnull);
    IF misfits IS NOT NULL THEN
        RAISE EXCEPTION 'these tables are not of accounts, and this file does not know them: %', misfits;
    END IF;

    -- References are taken away while the tables on both of their sides are changed.
    SELECT array_agg(format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname)),
           array_agg(format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
                     ORDER BY conrelid::regclass::text, conname)
    INTO dropped, added
    FROM pg_constraint
    WHERE contype = 'f' AND conparentid = 0 AND (conrelid = ANY (taken_oids) OR confrelid = ANY (taken_oids));

    FOREACH statement IN ARRAY coalesce(dropped, '{}') LOOP
        EXECUTE statement;
    END LOOP;
    FOREACH named IN ARRAY coalesce(taken, '{}') LOOP
        IF EXISTS (
            SELECT FROM pg_class, generate_subscripts(whole, 1) AS n WHERE oid = named::regclass AND whole[n][1] = relname
        ) THEN
            PERFORM create_reference_table(named::regclass);
        ELSIF named::regclass = 'sessions'::regclass THEN
            PERFORM create_distributed_table(named::regclass, 'account_id', colocate_with => 'none');
        ELSE
            PERFORM create_distributed_table(named::regclass, 'account_id', colocate_with => 'sessions');
        END IF;
    END LOOP;
    FOREACH statement IN ARRAY coalesce(added, '{}') LOOP
        EXECUTE statement;
    END LOOP;
END
$$;

COMMIT;

DO $$
DECLARE
    named regclass;
    setting text;
    answer record;
BEGIN
    -- The rows that the coordinator had before are on the nodes by now. What is left of them here is hidden.
    FOR named IN
        SELECT logicalrelid FROM pg_dist_partition JOIN pg_class ON oid = logicalrelid
        WHERE (partmethod = 'h' OR repmodel = 't') AND pg_relation_size(oid) > 0
          AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'accounts'::regclass)
    LOOP
        PERFORM truncate_local_data_after_distributing_table(named);
    END LOOP;

    -- What the service sets in its sessions does not reach the data nodes, where the coordinator has sessions of its own.
    FOREACH setting IN ARRAY ARRAY['jit = off', 'lock_timeout = 2000'] LOOP
        FOR answer IN SELECT * FROM run_command_on_workers(format('ALTER DATABASE %I SET %s', current_database(), setting)) LOOP
            IF NOT answer.success THEN
                RAISE EXCEPTION '%:% refuses the setting %: %', answer.nodename, answer.nodeport, setting, answer.result;
            END IF;
        END LOOP;
    END LOOP;
END
$$;
