SELECT
    -- Live jobs are counted from the index alone. Those that run are among them.
    (SELECT count(*) FROM (SELECT 1 FROM jobs WHERE ended_at IS NULL AND priority >= 0 LIMIT $1) AS counted) AS live,
    -- Because of its groups, the subquery runs once for each claim, by the primary key.
    (
        SELECT coalesce(sum(held.jobs), 0)::bigint FROM job_leases CROSS JOIN LATERAL (
            SELECT count(*) AS jobs FROM jobs
            WHERE jobs.account_id = job_leases.account_id AND jobs.id = ANY(job_leases.job_ids) AND jobs.lease_token = job_leases.token
            GROUP BY jobs.account_id
        ) AS held
    ) AS running,
    (SELECT due_at FROM jobs WHERE ended_at IS NULL AND priority >= 0 AND lease_token IS NULL ORDER BY due_at LIMIT 1) AS next_due
