SELECT guid FROM (
    SELECT guid FROM session_creators
    WHERE account_id = ? AND created_by = ? AND (
        -- Attendees are checked session by session. As a join, a planner might read all attendees.
        SELECT attendees.guid FROM attendees WHERE account_id = ? AND session_guid = session_creators.guid LIMIT 1
    ) IS NULL
    ORDER BY guid LIMIT ?
) AS known
UNION
SELECT guid FROM (
    SELECT guid FROM (SELECT DISTINCT unhex(value) AS key FROM change_log, json_each(ids) WHERE account_id = ? AND pending & 4 <> 0
        AND pending > 1) AS each CROSS JOIN sessions AS written ON written.account_id = ? AND written.guid = each.key
    WHERE account_id = ? AND created_by = ? AND (
        SELECT attendees.guid FROM attendees WHERE account_id = ? AND session_guid = written.guid LIMIT 1
    ) IS NULL
    LIMIT ?
) AS pending
LIMIT ?
