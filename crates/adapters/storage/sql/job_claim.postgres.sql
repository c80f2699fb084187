WITH claimed AS (
    UPDATE jobs
    SET status = 'running', attempts = attempts + 1, worker = $1, lease_token = $2, lease_until = $3, started_at = $4,
        updated_at = greatest(updated_at, $5)
    -- The rows are found by `ctid`, which does not change while they are locked. On a partitioned table a `ctid` is unique only
    -- inside a partition: in another one it belongs to a job of another account. So the account is a condition outside as well as
    -- inside.
    WHERE account_id = $6 AND ctid = ANY(ARRAY(
        -- The priorities of live jobs, in order. Each step finds the next one in the index.
        WITH RECURSIVE levels (priority) AS (
            (SELECT priority FROM jobs WHERE account_id = $7 AND ended_at IS NULL ORDER BY priority LIMIT 1)
            UNION ALL
            SELECT (
                SELECT jobs.priority FROM jobs
                WHERE account_id = $8 AND ended_at IS NULL AND jobs.priority > levels.priority
                ORDER BY jobs.priority LIMIT 1
            )
            FROM levels WHERE levels.priority IS NOT NULL
        )
        -- Each priority has its own subquery, so jobs whose time has not come are skipped and not read. The priorities come in order,
        -- and the join stops as soon as it has enough. A live job without a token waits.
        SELECT due.place FROM levels CROSS JOIN LATERAL (
            SELECT ctid AS place FROM jobs
            WHERE account_id = $9 AND ended_at IS NULL AND lease_token IS NULL AND jobs.priority = levels.priority AND due_at <= $10
              -- Written so that an index of actions can't serve it.
              AND array_position($11, action) IS NOT NULL
            ORDER BY due_at, id LIMIT $12
            FOR UPDATE SKIP LOCKED
        ) AS due
        LIMIT $13
    ))
    RETURNING jobs.id, jobs.project_id, jobs.action, jobs.reference, jobs.start_at, jobs.due_at, jobs.attempts, jobs.progress,
        nullif(jobs.failures, '[]') AS failures, jobs.created_at, jobs.updated_at, jobs.trace_parent
),
-- By this row the jobs are found while they run.
leased AS (
    INSERT INTO job_leases (account_id, token, until, job_ids)
    SELECT $14, $15, $16, array_agg(claimed.id) FROM claimed HAVING count(*) > 0
)
SELECT * FROM claimed
