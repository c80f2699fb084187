-- Empties a database for the next test, except for the rows that migrations wrote. `scripts/citus` runs it on a cluster.
DO $$
BEGIN
    EXECUTE (
        SELECT format('TRUNCATE %s RESTART IDENTITY CASCADE', string_agg(oid::regclass::text, ', '))
        FROM pg_class
        WHERE relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'accounts'::regclass) AND relkind IN ('r', 'p')
          AND relname NOT IN ('__diesel_schema_migrations', 'key_rewrites', 'schema_compatibility', 'service_keys')
          AND relation_is_a_known_shard(oid) IS NOT TRUE
          AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
    );
END
$$;
