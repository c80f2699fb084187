-- Goes from month to month and stops as soon as it has enough. It never runs with more than 10 000 pending sessions. The limit of
-- 50 000 tells the planner that a hash table can hold all of them.
SELECT found.start_at, found.guid
FROM unnest($1) AS month (keys), LATERAL (
    SELECT start_at, guid FROM (
        -- OFFSET 0 keeps all other conditions out of this query, so that only the index of the keys can serve it.
        SELECT * FROM session_index
        WHERE account_id = $2 AND NOT deleted AND month.keys::tsquery @@
            session_keys(account_id, session_month(start_at), duration_minutes, name_key, description_key, tags_key)
        OFFSET 0
    ) AS in_month
    WHERE account_id = $3 AND ($4::smallint IS NULL OR duration_minutes = $5)
        AND ($6::timestamp IS NULL OR start_civil >= $7) AND ($8::timestamp IS NULL OR start_civil <= $9) AND name_key LIKE $10
            AND description_key LIKE $11 AND description_key ~ $12
        AND guid NOT IN (SELECT DISTINCT unnest(ids) AS key FROM change_log WHERE account_id = $13 AND pending & 1 <> 0 LIMIT 50000)
    ORDER BY start_at, guid LIMIT $14
) AS found
LIMIT $15
