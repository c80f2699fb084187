SELECT guid FROM (
    SELECT guid FROM session_creators
    WHERE account_id = $1 AND created_by = $2 AND (
        -- Attendees are checked session by session. As a join, a planner might read all attendees.
        SELECT attendees.guid FROM attendees WHERE account_id = $3 AND session_guid = session_creators.guid LIMIT 1
    ) IS NULL
    ORDER BY guid LIMIT $4
) AS known
UNION
SELECT guid FROM (
    SELECT guid FROM (SELECT DISTINCT unnest(ids) AS key FROM change_log WHERE account_id = $5 AND pending & 4 <> 0
        AND pending > 1) AS each CROSS JOIN LATERAL (SELECT * FROM sessions WHERE account_id = $6 AND guid = each.key OFFSET 0) AS written
    WHERE account_id = $7 AND created_by = $8 AND (
        SELECT attendees.guid FROM attendees WHERE account_id = $9 AND session_guid = written.guid LIMIT 1
    ) IS NULL
    LIMIT $10
) AS pending
LIMIT $11
