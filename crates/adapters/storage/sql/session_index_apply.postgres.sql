-- The sessions of the list in its order, with the characters of their texts.
WITH each AS (
    SELECT place, one.guid, (
        SELECT length(name_key) + coalesce(length(description_key), 0) + coalesce(length(tags_key), 0)
        FROM sessions WHERE account_id = $1 AND guid = one.guid
    ) AS chars
    FROM unnest($2) WITH ORDINALITY AS one (guid, place)
),
-- Sessions are taken from the start of the list until their texts reach the limit.
counted AS (
    SELECT guid, coalesce(sum(chars) OVER before, 0) <= $3 AS is_taken
    FROM each WINDOW before AS (ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
-- Their rows in the index. A row that stays the same is not written again. Without the lock, a session that another transaction
-- removes meanwhile would break the foreign key.
indexed AS (
    INSERT INTO session_index (account_id, guid, deleted, start_at, start_civil, duration_minutes, name_key, description_key,
        tags_key)
    SELECT account_id, guid, status < 0, start_at, start_civil, duration_minutes, name_key, description_key, tags_key
    FROM sessions WHERE account_id = $4 AND guid = ANY (ARRAY(SELECT guid FROM counted WHERE is_taken))
    ORDER BY guid FOR KEY SHARE
    ON CONFLICT (account_id, guid) DO UPDATE SET deleted = excluded.deleted, start_at = excluded.start_at,
        start_civil = excluded.start_civil, duration_minutes = excluded.duration_minutes, name_key = excluded.name_key,
        description_key = excluded.description_key, tags_key = excluded.tags_key
    WHERE session_index.* IS DISTINCT FROM excluded.*
)
SELECT count(*) FROM counted WHERE is_taken
