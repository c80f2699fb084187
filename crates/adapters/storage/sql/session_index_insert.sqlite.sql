INSERT INTO session_index (account_id, guid, start_at)
SELECT account_id, guid, start_at
FROM sessions WHERE account_id = ? AND guid IN (SELECT unhex(value) FROM json_each(?)) AND status >= 0
RETURNING id, guid
