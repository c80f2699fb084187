DELETE FROM session_ends
WHERE account_id = $1 AND (ends_at, guid) IN (
    SELECT ends_at, guid FROM session_ends WHERE account_id = $2 AND ends_at <= $3 ORDER BY ends_at, guid LIMIT $4
)
RETURNING guid
