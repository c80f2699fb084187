UPDATE jobs
SET status = $1, completed = true, ended_at = $2, updated_at = greatest(jobs.updated_at, $3), worker = NULL,
    lease_token = NULL, lease_until = NULL, started_at = NULL, progress = coalesce(done.result, jobs.progress)
FROM unnest((SELECT $4), (SELECT $5), (SELECT $6)) AS done (id, token, result)
WHERE jobs.account_id = $7 AND jobs.id = ANY((SELECT $8)::bigint[]) AND jobs.id = done.id AND jobs.lease_token = done.token
RETURNING done.id, done.token
