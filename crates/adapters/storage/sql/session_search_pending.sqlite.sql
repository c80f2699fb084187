SELECT start_at,
    guid FROM (SELECT unhex(value) AS key FROM json_each(?)) AS each CROSS JOIN sessions AS written ON written.account_id = ?
    AND written.guid = each.key
WHERE status >= 0 AND (? IS NULL OR duration_minutes = ?) AND (? IS NULL OR start_civil >= ?)
    AND (? IS NULL OR start_civil <= ?) AND derslik_contains(name_key, ?) AND derslik_contains(description_key, ?)
ORDER BY start_at, guid LIMIT ?
