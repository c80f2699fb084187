DELETE FROM session_ends
WHERE account_id = ? AND (ends_at, guid) IN (
    SELECT ends_at, guid FROM session_ends WHERE account_id = ? AND ends_at <= ? ORDER BY ends_at, guid LIMIT ?
)
RETURNING guid
