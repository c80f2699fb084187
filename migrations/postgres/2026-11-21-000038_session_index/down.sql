DROP TABLE session_ends;
DROP TABLE session_index;
DROP FUNCTION session_keys;
DROP FUNCTION session_month;

CREATE INDEX sessions_by_creator ON sessions (account_id, created_by, guid);

CREATE INDEX sessions_open ON sessions (account_id, start_at, guid) WHERE status BETWEEN 0 AND 2;

CREATE TABLE session_texts (
    account_id bigint NOT NULL,
    guid uuid NOT NULL,
    duration_minutes smallint NOT NULL,
    text_key text NOT NULL,
    PRIMARY KEY (account_id, guid),
    CONSTRAINT session_texts_of_session FOREIGN KEY (account_id, guid) REFERENCES sessions ON DELETE CASCADE
);

CREATE INDEX session_texts_by_duration ON session_texts (account_id, duration_minutes);

TRUNCATE sessions_to_index;
INSERT INTO sessions_to_index (account_id, guids)
SELECT account_id, array_agg(guid)
FROM (SELECT account_id, guid, row_number() OVER (PARTITION BY account_id ORDER BY guid) / 1000 AS part FROM sessions WHERE status >= 0) AS parts
GROUP BY account_id, part;

-- Parts of texts are found through pg_trgm where the server has it and lets us have it; elsewhere a search goes through the
-- sessions in their order. An extension that was there before is used where it is.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') THEN
        CREATE SCHEMA derslik_search;
        CREATE EXTENSION pg_trgm SCHEMA derslik_search;
    END IF;
    EXECUTE format(
        'CREATE INDEX session_texts_by_part ON session_texts USING gin (text_key %I.gin_trgm_ops)',
        (SELECT nspname FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'pg_trgm')
    );
EXCEPTION WHEN OTHERS THEN
    RAISE NOTICE 'searches inside texts go without an index: %', SQLERRM;
END
$$;
