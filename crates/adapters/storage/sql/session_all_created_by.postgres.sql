SELECT guid FROM session_creators WHERE account_id = $1 AND created_by = $2
UNION
SELECT guid FROM (SELECT DISTINCT unnest(ids) AS key FROM change_log WHERE account_id = $3 AND pending & 4 <> 0
    AND pending > 1) AS each CROSS JOIN LATERAL (SELECT * FROM sessions WHERE account_id = $4 AND guid = each.key OFFSET 0) AS written
WHERE account_id = $5 AND created_by = $6
