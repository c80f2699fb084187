-- The check as it was, which SQLite before 3.43 finds broken by each job without progress.
-- The table is made anew, since a check can't be changed. Its counter stays where it is: an id of a removed job is never given again.
ALTER TABLE jobs RENAME TO old_jobs;

CREATE TABLE jobs (
    account_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER NOT NULL,
    action TEXT NOT NULL,
    reference TEXT NOT NULL,
    reference_digest BLOB NOT NULL CHECK (length(reference_digest) = 32),
    priority INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('scheduled', 'running', 'cancelled', 'failed', 'completed')),
    start_at TEXT NOT NULL,
    due_at TEXT NOT NULL,
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    worker BLOB CHECK (length(worker) = 16),
    lease_token BLOB CHECK (length(lease_token) = 16),
    lease_until TEXT,
    started_at TEXT,
    ended_at TEXT,
    progress TEXT CHECK (json_valid(progress)),
    failures TEXT NOT NULL CHECK (json_valid(failures)),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (account_id, id),
    CHECK (
        (status = 'running') = (lease_token IS NOT NULL)
        AND (status = 'running') = (worker IS NOT NULL)
        AND (status = 'running') = (lease_until IS NOT NULL)
        AND (status = 'running') = (started_at IS NOT NULL)
    ),
    CHECK ((status IN ('cancelled', 'failed', 'completed')) = (ended_at IS NOT NULL))
) STRICT;

INSERT INTO jobs (
    account_id, id, project_id, action, reference, reference_digest, priority, status, start_at, due_at, attempts, worker,
    lease_token, lease_until, started_at, ended_at, progress, failures, created_at, updated_at
)
SELECT
    account_id, id, project_id, action, reference, reference_digest, priority, status, start_at, due_at, attempts, worker,
    lease_token, lease_until, started_at, ended_at, progress, failures, created_at, updated_at
FROM old_jobs;

DELETE FROM sqlite_sequence WHERE name = 'jobs';
INSERT INTO sqlite_sequence (name, seq) SELECT 'jobs', seq FROM sqlite_sequence WHERE name = 'old_jobs';

DROP TABLE old_jobs;

CREATE UNIQUE INDEX jobs_live_key ON jobs (account_id, project_id, action, reference_digest) WHERE status IN ('scheduled', 'running');
CREATE INDEX jobs_claims ON jobs (account_id, priority, due_at, id) WHERE status = 'scheduled';
CREATE INDEX jobs_due ON jobs (due_at, account_id, action) WHERE status = 'scheduled' AND attempts >= 0;
CREATE INDEX jobs_running ON jobs (account_id) WHERE status = 'running';
CREATE INDEX jobs_by_project ON jobs (account_id, project_id, id) WHERE project_id > 0;
