-- Stands in for Citus on a plain server: functions of the same names make tables of hash partitions by account, in place of shards, so
-- that `deploy/citus.sql` runs as it is. Accounts with even ids are in one partition, and those with odd ids in another one. A third
-- partition has no rows at all: `one_account.sql` puts a guard on it.
CREATE SCHEMA stand_in;
GRANT USAGE ON SCHEMA stand_in TO PUBLIC;
-- For the statements of this connection. No other one sees the names.
SET search_path = public, stand_in;

CREATE TABLE stand_in.pg_dist_partition (logicalrelid regclass NOT NULL, partmethod "char" NOT NULL, repmodel "char" NOT NULL);

-- PostgreSQL adds this number to the hash before it divides by the number of partitions.
CREATE FUNCTION stand_in.parity(account bigint, seed bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN abs(account % 2) - 5305509591434766563;

CREATE FUNCTION stand_in.parity(account integer, seed bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN stand_in.parity(account::bigint, seed);

-- A number in the text of a statement is an integer.
CREATE OPERATOR CLASS stand_in.by_parity FOR TYPE bigint USING hash AS OPERATOR 1 =, FUNCTION 2 stand_in.parity(bigint, bigint);
ALTER OPERATOR FAMILY stand_in.by_parity USING hash
    ADD OPERATOR 1 = (bigint, integer), FUNCTION 2 (integer, integer) stand_in.parity(integer, bigint);

CREATE FUNCTION stand_in.create_reference_table(table_name regclass) RETURNS void LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO stand_in.pg_dist_partition (logicalrelid, partmethod, repmodel) VALUES (table_name, 'n', 't');
END;

CREATE FUNCTION stand_in.create_distributed_table(table_name regclass, distribution_column text, colocate_with text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    named CONSTANT text := (SELECT relname FROM pg_class WHERE oid = table_name);
    columns CONSTANT text := (
        SELECT string_agg(format('%I', attname), ', ' ORDER BY attnum) FROM pg_attribute
        WHERE attrelid = table_name AND attnum > 0 AND NOT attisdropped
    );
    remade text[];
    owned record;
    statement text;
BEGIN
    IF colocate_with <> 'none' AND NOT EXISTS (SELECT FROM stand_in.pg_dist_partition WHERE logicalrelid = colocate_with::regclass) THEN
        RAISE EXCEPTION '% is not distributed', colocate_with;
    END IF;
    IF EXISTS (SELECT FROM pg_constraint WHERE contype = 'f' AND (conrelid = table_name OR confrelid = table_name)) THEN
        RAISE EXCEPTION '% still has references', table_name;
    END IF;
    -- With the names that the keys and indexes have.
    remade := ARRAY(
        SELECT coalesce(
            (SELECT format('ALTER TABLE %I ADD CONSTRAINT %I %s', named, conname, pg_get_constraintdef(oid))
             FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u')),
            pg_get_indexdef(indexrelid)
        )
        FROM pg_index WHERE indrelid = table_name ORDER BY NOT indisprimary, indexrelid::regclass::text
    );
    CREATE SCHEMA before;
    FOR owned IN
        SELECT pg_class.oid::regclass AS sequence, attname
        FROM pg_depend JOIN pg_class ON oid = objid JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
        WHERE classid = 'pg_class'::regclass AND relkind = 'S' AND refobjid = table_name AND deptype = 'a'
    LOOP
        EXECUTE format('ALTER SEQUENCE %s OWNED BY NONE', owned.sequence);
        remade := remade || format('ALTER SEQUENCE %s OWNED BY %I.%I', owned.sequence, named, owned.attname);
    END LOOP;
    EXECUTE format('ALTER TABLE %s SET SCHEMA before', table_name);
    EXECUTE format(
        'CREATE TABLE public.%I (LIKE before.%1$I INCLUDING ALL EXCLUDING INDEXES) PARTITION BY HASH (%I stand_in.by_parity)',
        named, distribution_column
    );
    EXECUTE format('CREATE TABLE public.%I PARTITION OF public.%I FOR VALUES WITH (MODULUS 3, REMAINDER 0)', named || '_even', named);
    EXECUTE format('CREATE TABLE public.%I PARTITION OF public.%I FOR VALUES WITH (MODULUS 3, REMAINDER 1)', named || '_odd', named);
    EXECUTE format('CREATE TABLE public.%I PARTITION OF public.%I FOR VALUES WITH (MODULUS 3, REMAINDER 2)', named || '_none', named);
    EXECUTE format('INSERT INTO public.%I (%s) OVERRIDING SYSTEM VALUE SELECT %2$s FROM before.%1$I', named, columns);
    DROP SCHEMA before CASCADE;
    FOREACH statement IN ARRAY remade LOOP
        EXECUTE statement;
    END LOOP;
    INSERT INTO stand_in.pg_dist_partition (logicalrelid, partmethod, repmodel) VALUES (named::regclass, 'h', 's');
END
$$;

CREATE FUNCTION stand_in.truncate_local_data_after_distributing_table(table_name regclass) RETURNS void LANGUAGE sql
BEGIN ATOMIC
    -- The rows of a table that was not taken apart are where they were.
END;

CREATE FUNCTION stand_in.relation_is_a_known_shard(relation regclass) RETURNS boolean LANGUAGE sql IMMUTABLE
RETURN false;

-- The one node.
CREATE FUNCTION stand_in.run_command_on_workers(command text, OUT nodename text, OUT nodeport integer, OUT success boolean, OUT result text)
RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE command;
    RETURN QUERY SELECT 'localhost', current_setting('port')::integer, true, 'ALTER DATABASE';
END
$$;
