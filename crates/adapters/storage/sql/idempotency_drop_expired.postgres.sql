DELETE FROM idempotency_keys
WHERE account_id = $1 AND (principal_id, idempotency_key) IN (
    SELECT principal_id, idempotency_key FROM idempotency_keys
    WHERE account_id = $2 AND kept_at < $3
    -- Each new answer removes more than one, so that in the end none is left.
    ORDER BY kept_at LIMIT 20 FOR UPDATE SKIP LOCKED
)
