CREATE TABLE projects (
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    id INTEGER NOT NULL CHECK (id > 0),
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    platform TEXT NOT NULL CHECK (platform IN ('web', 'ios', 'android')),
    created_at TEXT NOT NULL,
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, key),
    UNIQUE (account_id, name_key)
) STRICT, WITHOUT ROWID;

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

CREATE UNIQUE INDEX jobs_live_key ON jobs (account_id, project_id, action, reference_digest) WHERE status IN ('scheduled', 'running');
CREATE INDEX jobs_claims ON jobs (account_id, priority, due_at, id) WHERE status = 'scheduled';
CREATE INDEX jobs_due ON jobs (due_at, account_id) WHERE status = 'scheduled';
CREATE INDEX jobs_running ON jobs (account_id) WHERE status = 'running';
CREATE INDEX jobs_by_project ON jobs (account_id, project_id, id) WHERE project_id > 0;
