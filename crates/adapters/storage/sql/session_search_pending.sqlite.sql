SELECT start_at, guid FROM (SELECT DISTINCT unhex(value) AS key FROM change_log, json_each(ids) WHERE account_id = ?
    AND pending & 1 <> 0) AS each CROSS JOIN sessions AS written ON written.account_id = ? AND written.guid = each.key
WHERE status >= 0 AND (? IS NULL OR duration_minutes = ?) AND (? IS NULL OR start_civil >= ?)
    AND (? IS NULL OR start_civil <= ?) AND derslik_contains(name_key, ?) AND derslik_contains(description_key, ?)
ORDER BY start_at, guid LIMIT ?
