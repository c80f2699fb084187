-- Partitions the tables by account: each has two partitions, whose keys have names of their own.
DO $$
DECLARE
    whole text;
    part integer;
BEGIN
    FOREACH whole IN ARRAY ARRAY['principals', 'sessions', 'projects', 'jobs', 'job_leases', 'attendees', 'courses', 'course_aliases', 'idempotency_keys'] LOOP
        EXECUTE format('ALTER TABLE %1$I RENAME TO whole_%1$s', whole);
        EXECUTE format('CREATE TABLE %1$I (LIKE whole_%1$s INCLUDING ALL) PARTITION BY HASH (account_id)', whole);
        FOR part IN 0..1 LOOP
            EXECUTE format('CREATE TABLE %1$s_p%2$s PARTITION OF %1$I FOR VALUES WITH (MODULUS 2, REMAINDER %2$s)', whole, part);
        END LOOP;
        IF whole = 'projects' THEN
            ALTER SEQUENCE project_ids OWNED BY projects.id;
        END IF;
        EXECUTE format('DROP TABLE whole_%s CASCADE', whole);
    END LOOP;
END
$$;
