DROP INDEX jobs_due;
CREATE INDEX jobs_due ON jobs (due_at, account_id, action) WHERE status = 'scheduled' AND attempts >= 0;

CREATE TABLE audit_records (
    account_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    event TEXT NOT NULL,
    job_id INTEGER NOT NULL,
    subject BLOB NOT NULL CHECK (length(subject) = 32),
    principal_id INTEGER,
    credential_id INTEGER,
    details TEXT NOT NULL CHECK (json_valid(details)),
    UNIQUE (account_id, id)
) STRICT;

CREATE INDEX audit_records_by_subject ON audit_records (account_id, subject, id);
CREATE INDEX audit_records_by_job ON audit_records (account_id, job_id, id);

INSERT INTO service_keys (name, key) VALUES ('audit', randomblob(32));
