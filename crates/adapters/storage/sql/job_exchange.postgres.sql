-- The jobs that are done. Both parts see the table as it was before. They don't overlap: this one is about jobs with tokens, the other
-- about jobs without.
WITH done AS (
    UPDATE jobs
    SET status = $1, completed = true, ended_at = $2, updated_at = greatest(jobs.updated_at, $3), worker = NULL,
        lease_token = NULL, lease_until = NULL, started_at = NULL, progress = coalesce(done.result, jobs.progress)
    FROM unnest((SELECT $4), (SELECT $5), (SELECT $6)) AS done (id, token, result)
    WHERE jobs.account_id = $7 AND jobs.id = ANY((SELECT $8)::bigint[]) AND jobs.id = done.id AND jobs.lease_token = done.token
    RETURNING done.id, done.token
),
-- The jobs that the worker gets instead.
claimed AS (
    UPDATE jobs
    SET status = 'running', attempts = attempts + 1, worker = $9, lease_token = $10, lease_until = $11, started_at = $12,
        updated_at = greatest(updated_at, $13)
    -- The rows are found by `ctid`, which does not change while they are locked. On a partitioned table a `ctid` is unique only
    -- inside a partition: in another one it belongs to a job of another account. So the account is a condition outside as well as
    -- inside.
    WHERE account_id = $14 AND ctid = ANY(ARRAY(
        -- The priorities of live jobs, in order. Each step finds the next one in the index.
        WITH RECURSIVE levels (priority) AS (
            (SELECT priority FROM jobs WHERE account_id = $15 AND ended_at IS NULL ORDER BY priority LIMIT 1)
            UNION ALL
            SELECT (
                SELECT jobs.priority FROM jobs
                WHERE account_id = $16 AND ended_at IS NULL AND jobs.priority > levels.priority
                ORDER BY jobs.priority LIMIT 1
            )
            FROM levels WHERE levels.priority IS NOT NULL
        )
        -- Each priority has its own subquery, so jobs whose time has not come are skipped and not read. The priorities come in order,
        -- and the join stops as soon as it has enough. A live job without a token waits.
        SELECT due.place FROM levels CROSS JOIN LATERAL (
            SELECT ctid AS place FROM jobs
            WHERE account_id = $17 AND ended_at IS NULL AND lease_token IS NULL AND jobs.priority = levels.priority AND due_at <= $18
              -- Written so that an index of actions can't serve it.
              AND array_position($19, action) IS NOT NULL
            ORDER BY due_at, id LIMIT $20
            FOR UPDATE SKIP LOCKED
        ) AS due
        LIMIT $21
    ))
    RETURNING jobs.id, jobs.project_id, jobs.action, jobs.reference, jobs.start_at, jobs.due_at, jobs.attempts, jobs.progress,
        nullif(jobs.failures, '[]') AS failures, jobs.created_at, jobs.updated_at, jobs.trace_parent
),
leased AS (
    INSERT INTO job_leases (account_id, token, until, job_ids)
    SELECT $22, $23, $24, array_agg(claimed.id) FROM claimed HAVING count(*) > 0
)
SELECT done.id, done.token, claimed.* FROM done LEFT JOIN claimed ON false
UNION ALL
SELECT NULL, NULL, claimed.* FROM claimed
