SELECT
    (SELECT count(*) FROM (SELECT 1 FROM jobs WHERE status = 'scheduled' AND attempts >= 0 LIMIT $1) AS counted) AS scheduled,
    (SELECT count(*) FROM (SELECT 1 FROM jobs WHERE status = 'running' LIMIT $2) AS counted) AS running,
    (SELECT due_at FROM jobs WHERE status = 'scheduled' AND attempts >= 0 ORDER BY due_at LIMIT 1) AS next_due
