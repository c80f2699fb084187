-- The jobs of a priority are claimed in the order of their times. So those that run are among its first live ones.
SELECT first.id FROM unnest($1) AS wanted (priority) CROSS JOIN LATERAL (
    SELECT id, lease_token FROM jobs
    WHERE account_id = $2 AND ended_at IS NULL AND jobs.priority = wanted.priority
    -- The planner does not look into the subquery. With a limit that it knows, it might read and sort the whole backlog.
    ORDER BY due_at, id LIMIT (SELECT $3)
) AS first
WHERE first.lease_token IS NOT NULL
