SELECT jobs.id, jobs.project_id, jobs.action, jobs.reference, jobs.status, jobs.start_at, jobs.due_at, jobs.attempts, jobs.worker,
    jobs.lease_token, jobs.lease_until, jobs.started_at, jobs.ended_at, jobs.progress, jobs.failures, jobs.created_at, jobs.updated_at,
    jobs.trace_parent FROM jobs
WHERE account_id = $1 AND id = ANY(ARRAY(
    SELECT unnest(job_ids) FROM job_leases WHERE account_id = $2 AND (until <= $3 OR until > $4)
))
  AND lease_token IS NOT NULL AND (lease_until <= $5 OR lease_until > $6)
  -- Written so that an index of actions can't serve it.
  AND array_position($7, action) IS NOT NULL
ORDER BY id LIMIT $8
FOR UPDATE SKIP LOCKED
