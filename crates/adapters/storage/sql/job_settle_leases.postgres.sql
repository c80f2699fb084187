-- Heartbeats have extended the leases of jobs that still run. A row without such jobs has no end any more.
WITH looked_at AS (
    SELECT ctid AS place, (
        SELECT min(jobs.lease_until) FROM jobs
        WHERE jobs.account_id = $1 AND jobs.id = ANY(job_leases.job_ids) AND jobs.lease_token = job_leases.token
    ) AS until
    FROM job_leases WHERE account_id = $2 AND (until <= $3 OR until > $4)
),
ended AS (
    DELETE FROM job_leases USING looked_at
    WHERE job_leases.account_id = $5 AND job_leases.ctid = looked_at.place AND looked_at.until IS NULL
)
UPDATE job_leases SET until = looked_at.until FROM looked_at
WHERE job_leases.account_id = $6 AND job_leases.ctid = looked_at.place AND job_leases.until <> looked_at.until
