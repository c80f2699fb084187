SELECT guid FROM session_creators WHERE account_id = ? AND created_by = ?
UNION
SELECT guid FROM (SELECT DISTINCT unhex(value) AS key FROM change_log, json_each(ids) WHERE account_id = ? AND pending & 4 <> 0
    AND pending > 1) AS each CROSS JOIN sessions AS written ON written.account_id = ? AND written.guid = each.key
WHERE account_id = ? AND created_by = ?
