-- Goes from the first start to the first one in a later month, and so on.
WITH RECURSIVE starts (at) AS (
    SELECT (
        SELECT start_at FROM sessions WHERE account_id = ? AND status >= 0 AND start_at >= ? ORDER BY start_at LIMIT 1
    )
    UNION ALL
    SELECT (
        SELECT start_at FROM sessions
        WHERE account_id = ? AND status >= 0 AND start_at <= ?
          AND start_at >= strftime('%Y-%m-%dT%H:%M:%S.000000Z', at, 'start of month', '1 month')
        ORDER BY start_at LIMIT 1
    )
    FROM starts WHERE at IS NOT NULL
)
SELECT CAST(substr(at, 1, 4) AS INTEGER) * 12 + CAST(substr(at, 6, 2) AS INTEGER) FROM starts WHERE at <= ?
