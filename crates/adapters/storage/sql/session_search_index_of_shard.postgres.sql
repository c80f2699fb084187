-- Goes from month to month and stops as soon as it has enough.
SELECT found.start_at, found.guid, coalesce((
    -- The session is looked up by its key, as a pending one is, and only for the entries that are returned.
    SELECT true FROM (SELECT * FROM sessions WHERE account_id = $1 AND guid = found.guid OFFSET 0) AS written
    WHERE status >= 0 AND start_at = found.start_at AND ($2::smallint IS NULL OR duration_minutes = $3)
        AND ($4::timestamp IS NULL OR start_civil >= $5) AND ($6::timestamp IS NULL OR start_civil <= $7) AND name_key LIKE $8
            AND description_key LIKE $9 AND description_key ~ $10
), false) AS is_current
FROM unnest($11) AS month (keys), LATERAL (
    SELECT start_at, guid FROM (
        -- OFFSET 0 keeps all other conditions out of this query, so that only the index of the keys can serve it.
        SELECT * FROM session_index
        WHERE account_id = $12 AND NOT deleted AND month.keys::tsquery @@
            session_keys(account_id, session_month(start_at), duration_minutes, name_key, description_key, tags_key)
        OFFSET 0
    ) AS in_month
    WHERE account_id = $13 AND ($14::smallint IS NULL OR duration_minutes = $15)
        AND ($16::timestamp IS NULL OR start_civil >= $17) AND ($18::timestamp IS NULL OR start_civil <= $19) AND name_key LIKE $20
            AND description_key LIKE $21 AND description_key ~ $22
    ORDER BY start_at, guid LIMIT $23
) AS found
LIMIT $24
