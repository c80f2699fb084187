INSERT INTO job_leases (account_id, token, until, job_ids)
SELECT account_id, lease_token, min(lease_until), array_agg(id) FROM jobs
WHERE ended_at IS NULL AND lease_token IS NOT NULL AND NOT EXISTS (
    SELECT FROM job_leases
    WHERE job_leases.account_id = jobs.account_id AND job_leases.token = jobs.lease_token AND jobs.id = ANY(job_leases.job_ids)
)
GROUP BY account_id, lease_token
