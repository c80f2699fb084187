-- Goes from the first start to the first one in a later month, and so on.
WITH RECURSIVE starts (at) AS (
    (SELECT start_at FROM sessions WHERE account_id = $1 AND status >= 0 AND start_at >= $2 ORDER BY start_at LIMIT 1)
    UNION ALL
    SELECT (
        SELECT start_at FROM sessions
        WHERE account_id = $3 AND status >= 0 AND start_at <= $4
          AND start_at >= (date_trunc('month', at AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC'
        ORDER BY start_at LIMIT 1
    )
    FROM starts WHERE at IS NOT NULL
)
SELECT session_month(at) FROM starts WHERE at <= $5
