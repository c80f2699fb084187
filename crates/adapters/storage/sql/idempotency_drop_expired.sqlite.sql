DELETE FROM idempotency_keys
WHERE account_id = ? AND (principal_id, idempotency_key) IN (
    SELECT principal_id, idempotency_key FROM idempotency_keys
    WHERE account_id = ? AND kept_at < ?
    -- Each new answer removes more than one, so that in the end none is left.
    ORDER BY kept_at LIMIT 20
)
