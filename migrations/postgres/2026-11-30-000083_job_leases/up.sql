-- True for a job whose work is done, as far as a program said so that knows the column. Rows that exist get the default without being
-- written; those that are not done lose it again.
ALTER TABLE jobs ADD COLUMN completed boolean DEFAULT true;
ALTER TABLE jobs ALTER COLUMN completed DROP DEFAULT;
UPDATE jobs SET completed = NULL WHERE status <> 'completed';

-- Indexes that a claim does not touch, since it changes neither their keys nor their conditions. Jobs that run are among live ones; a
-- statement about waiting jobs steps over them. The conditions about priorities and projects hold for every job. They keep an index out
-- of the plans of statements that do not state them.
CREATE INDEX jobs_live_by_priority ON jobs (account_id, priority, due_at, id) WHERE ended_at IS NULL;
CREATE INDEX jobs_live_by_time ON jobs (due_at, account_id, action) WHERE ended_at IS NULL AND priority >= 0;
CREATE INDEX jobs_live_by_id ON jobs (account_id, id) WHERE ended_at IS NULL AND project_id >= 0;
-- The newest jobs that were cancelled or have failed.
CREATE INDEX jobs_unsuccessful ON jobs (account_id, id) WHERE ended_at IS NOT NULL AND completed IS NOT TRUE;

-- One row for each claim: the jobs that it took. None of their leases ends before `until`; heartbeats extend leases in the jobs alone. By
-- these rows the jobs that run are found without an index of them, in which each claim would write an entry for each job.
-- A claim adds a row, and nothing looks for a single one, so the table needs neither a key nor an index. A row goes after `until`, once
-- none of its jobs runs any more.
CREATE TABLE job_leases (
    account_id bigint NOT NULL,
    token uuid NOT NULL,
    until timestamptz NOT NULL,
    job_ids bigint[] NOT NULL
);
-- By this, a server that follows this one knows which rows go.
ALTER TABLE job_leases REPLICA IDENTITY FULL;

INSERT INTO job_leases (account_id, token, until, job_ids)
SELECT account_id, lease_token, min(lease_until), array_agg(id) FROM jobs WHERE status = 'running' GROUP BY account_id, lease_token;
