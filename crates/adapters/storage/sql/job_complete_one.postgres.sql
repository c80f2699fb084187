UPDATE jobs
SET status = $1, completed = true, ended_at = $2, updated_at = greatest(jobs.updated_at, $3), worker = NULL,
    lease_token = NULL, lease_until = NULL, started_at = NULL, progress = coalesce($4, jobs.progress)
WHERE jobs.account_id = $5 AND jobs.id = $6 AND jobs.lease_token = $7
RETURNING jobs.id, $8 AS token
