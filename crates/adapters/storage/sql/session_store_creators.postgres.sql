INSERT INTO session_creators (account_id, guid, created_by)
SELECT account_id, guid, created_by FROM sessions WHERE account_id = $1 AND guid = ANY ($2) ORDER BY guid FOR KEY SHARE
ON CONFLICT (account_id, guid) DO UPDATE SET created_by = excluded.created_by
WHERE session_creators.created_by <> excluded.created_by
