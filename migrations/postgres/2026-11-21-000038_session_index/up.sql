-- Whoever writes sessions pays for no index but that of their order, and notes which it wrote; a sweep keeps what follows.
DROP TABLE session_texts;
-- With the extension in it, if it was ours.
DROP SCHEMA IF EXISTS derslik_search CASCADE;
DROP INDEX sessions_by_creator;
DROP INDEX sessions_open;

-- Searches find sessions by keys: every three letters in a row of a name or a description, each tag, the duration. Each key
-- begins with the account and the month of the start, so that a search goes from month to month, as its page does, and reads of
-- none more than what it finds there. It takes no extension, and serves one letter, signs and words alike.
CREATE FUNCTION session_month(start timestamptz) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (extract(year FROM start AT TIME ZONE 'UTC') * 12 + extract(month FROM start AT TIME ZONE 'UTC'))::integer
$$;

-- What is shorter than three letters is found as the beginning of a key: the last two letters of a text are keys too. A key
-- must be short, and sixteen letters tell most tags apart. The cost keeps every planner from making the keys anew to look for one.
CREATE FUNCTION session_keys(account bigint, month integer, minutes smallint, name text, description text, tags text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1000000 AS $$
    SELECT array_to_tsvector(array_agg(account || '.' || month || key))
    FROM (
        SELECT 'm' || minutes
        UNION ALL
        SELECT field || a || coalesce(b, '') || coalesce(c, '')
        FROM (VALUES ('n', string_to_array(name, NULL)), ('d', string_to_array(description, NULL))) AS texts (field, letters),
            unnest(letters, letters[2:], letters[3:]) AS in_a_row (a, b, c)
        UNION ALL
        SELECT 't' || left(tag, 16) FROM unnest(string_to_array(tags, ',')) AS tag WHERE tag <> ''
    ) AS keys (key)
$$;

-- The sessions as they stood when the sweep was there last. Every session is in here or among those that were noted.
CREATE TABLE session_index (
    account_id bigint NOT NULL,
    guid uuid NOT NULL,
    deleted boolean NOT NULL,
    created_by bigint NOT NULL,
    start_at timestamptz NOT NULL,
    start_civil timestamp NOT NULL,
    duration_minutes smallint NOT NULL,
    name_key text NOT NULL,
    description_key text,
    tags_key text,
    PRIMARY KEY (account_id, guid),
    CONSTRAINT session_index_of_session FOREIGN KEY (account_id, guid) REFERENCES sessions ON DELETE CASCADE
);

-- Keys wait in a list until the sweep, at the end of each step, puts them in their places, many of one key at a time: while
-- they wait every search reads them all.
CREATE INDEX session_index_by_key ON session_index USING gin (
    session_keys(account_id, session_month(start_at), duration_minutes, name_key, description_key, tags_key)
) WITH (gin_pending_list_limit = 16384) WHERE NOT deleted;
-- Nobody plans by how often each key occurs, and to count them takes long.
ALTER INDEX session_index_by_key ALTER COLUMN 1 SET STATISTICS 0;

-- What an erasure takes of somebody who made sessions.
CREATE INDEX session_index_by_creator ON session_index (account_id, created_by, guid);

-- When sessions come to their end that have not yet. What was moved meanwhile has a row for each end that it had.
CREATE TABLE session_ends (
    account_id bigint NOT NULL,
    ends_at timestamptz NOT NULL,
    guid uuid NOT NULL,
    PRIMARY KEY (account_id, ends_at, guid)
);

-- What is there already is taken up in the order of the starts, where keys of a month lie together; its ends are known at once.
TRUNCATE sessions_to_index;
INSERT INTO sessions_to_index (account_id, guids)
SELECT account_id, array_agg(guid ORDER BY start_at, guid)
FROM (
    SELECT account_id, guid, start_at, (row_number() OVER (PARTITION BY account_id ORDER BY start_at, guid) - 1) / 1000 AS part FROM sessions
) AS parts
GROUP BY account_id, part
ORDER BY account_id, part;
INSERT INTO session_ends (account_id, ends_at, guid)
SELECT account_id, start_at + duration_minutes * interval '1 minute', guid FROM sessions WHERE status BETWEEN 0 AND 2;
