-- Because of its `OFFSET`, the subquery runs once for each claim, by the primary key. The planner would read all jobs: it assumes many
-- claims.
SELECT held.id FROM job_leases CROSS JOIN LATERAL (
    SELECT jobs.id FROM jobs
    WHERE jobs.account_id = $1 AND jobs.id = ANY(job_leases.job_ids) AND jobs.lease_token = job_leases.token
    OFFSET 0
) AS held
WHERE job_leases.account_id = $2
