INSERT INTO session_ends (account_id, ends_at, guid)
SELECT account_id, (start_at AT TIME ZONE 'UTC' + duration_minutes * interval '60 seconds') AT TIME ZONE 'UTC', guid
FROM sessions WHERE account_id = $1 AND guid = ANY ($2) AND status + 0 BETWEEN 0 AND 2
ON CONFLICT DO NOTHING
