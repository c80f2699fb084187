SELECT start_at, guid FROM (SELECT unnest($1::uuid[]) AS key) AS each CROSS JOIN LATERAL (SELECT * FROM sessions WHERE account_id = $2
    AND guid = each.key OFFSET 0) AS written
WHERE account_id = $3 AND ($4::smallint IS NULL OR duration_minutes = $5)
    AND ($6::timestamp IS NULL OR start_civil >= $7) AND ($8::timestamp IS NULL OR start_civil <= $9) AND name_key LIKE $10
        AND description_key LIKE $11 AND description_key ~ $12 AND status >= 0
ORDER BY start_at, guid LIMIT $13
