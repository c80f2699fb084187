SELECT min(first.due_at)
FROM unnest($1, $2) AS wanted (action, priority)
CROSS JOIN LATERAL (
    SELECT due_at FROM jobs
    WHERE account_id = $3 AND ended_at IS NULL AND lease_token IS NULL
        AND priority = wanted.priority AND action = wanted.action
    ORDER BY due_at LIMIT 1
) AS first
