-- Jobs that run were due before those that wait, but for waiting ones of a later priority. So they are among the first.
SELECT count(*), count(lease_token),
    (SELECT due_at FROM jobs WHERE ended_at IS NULL AND priority >= 0 AND lease_token IS NULL ORDER BY due_at LIMIT 1) AS next_due
FROM (SELECT lease_token FROM jobs WHERE ended_at IS NULL AND priority >= 0 ORDER BY due_at LIMIT $1) AS first
