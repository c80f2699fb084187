-- Contract: unused since 20261130000083
-- Indexes with the status in their conditions: because of them, each claim is a new row with an entry in every index. A program from before
-- 000083 needs them, and names the key of live jobs in ON CONFLICT. So they go where no such program has worked: in a new database. In any
-- other one they stay beside the new indexes, until the next release takes them away.
DO $$
BEGIN
    IF EXISTS (SELECT FROM accounts) THEN
        RETURN;
    END IF;
    DROP INDEX jobs_live_key;
    DROP INDEX jobs_claims;
    DROP INDEX jobs_due;
    DROP INDEX jobs_running;
    DROP INDEX jobs_by_status;
    CREATE UNIQUE INDEX jobs_live_key ON jobs (account_id, project_id, action, reference_digest) WHERE ended_at IS NULL;
    -- Claimed rows fit on the pages of those that they replace. They are up to a third larger.
    ALTER TABLE jobs SET (fillfactor = 40);
    UPDATE schema_compatibility SET needs = '20261130000083';
END
$$;
