DROP TABLE audit_checkpoints;
DROP TABLE audit_seals;
DROP INDEX audit_records_unsealed;

ALTER TABLE audit_records RENAME TO old_audit_records;

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

-- An older program knows the records of erasures only. Export the others before.
INSERT INTO audit_records (account_id, id, at, event, job_id, subject, principal_id, credential_id, details)
SELECT account_id, id, at, event, job_id, subject, principal_id, credential_id, details FROM old_audit_records
WHERE job_id IS NOT NULL AND subject IS NOT NULL;

DELETE FROM sqlite_sequence WHERE name = 'audit_records';
INSERT INTO sqlite_sequence (name, seq) SELECT 'audit_records', seq FROM sqlite_sequence WHERE name = 'old_audit_records';

DROP TABLE old_audit_records;

CREATE INDEX audit_records_by_subject ON audit_records (account_id, subject, id);
CREATE INDEX audit_records_by_job ON audit_records (account_id, job_id, id);
