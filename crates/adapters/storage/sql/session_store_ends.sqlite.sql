INSERT INTO session_ends (account_id, ends_at, guid)
SELECT account_id, coalesce(strftime('%Y-%m-%dT%H:%M:%S', start_at, (duration_minutes * 60) || ' seconds'),
    '9999-12-31T23:59:59') || substr(start_at, 20), guid
FROM sessions WHERE account_id = ? AND guid IN (SELECT unhex(value) FROM json_each(?)) AND status + 0 BETWEEN 0 AND 2
ON CONFLICT DO NOTHING
