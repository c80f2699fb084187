-- Records of other events than erasures have neither a job nor a data subject. `object_id` is the object of a change.
-- The table is made anew, since a column can't lose its NOT NULL. Its counter stays where it is: no id is given again.
ALTER TABLE audit_records RENAME TO old_audit_records;

CREATE TABLE audit_records (
    account_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    event TEXT NOT NULL,
    job_id INTEGER,
    subject BLOB CHECK (subject IS NULL OR length(subject) = 32),
    principal_id INTEGER,
    credential_id INTEGER,
    details TEXT NOT NULL CHECK (json_valid(details)),
    object_id INTEGER,
    sealed INTEGER NOT NULL DEFAULT 0 CHECK (sealed IN (0, 1)),
    UNIQUE (account_id, id)
) STRICT;

INSERT INTO audit_records (account_id, id, at, event, job_id, subject, principal_id, credential_id, details)
SELECT account_id, id, at, event, job_id, subject, principal_id, credential_id, details FROM old_audit_records;

DELETE FROM sqlite_sequence WHERE name = 'audit_records';
INSERT INTO sqlite_sequence (name, seq) SELECT 'audit_records', seq FROM sqlite_sequence WHERE name = 'old_audit_records';

DROP TABLE old_audit_records;

CREATE INDEX audit_records_by_subject ON audit_records (account_id, subject, id);
CREATE INDEX audit_records_by_job ON audit_records (account_id, job_id, id);
CREATE INDEX audit_records_unsealed ON audit_records (account_id, id) WHERE NOT sealed;

-- The chain of seals of each account. Only a worker with the key of the seals writes here.
CREATE TABLE audit_seals (
    account_id INTEGER NOT NULL,
    seq INTEGER NOT NULL CHECK (seq > 0),
    record_id INTEGER NOT NULL,
    key_id BLOB NOT NULL CHECK (length(key_id) = 8),
    seal BLOB NOT NULL CHECK (length(seal) = 32),
    PRIMARY KEY (account_id, seq),
    UNIQUE (account_id, record_id)
) STRICT;

-- The last seal that was pruned in each account, under a code of its own.
CREATE TABLE audit_checkpoints (
    account_id INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL CHECK (seq > 0),
    seal BLOB NOT NULL CHECK (length(seal) = 32),
    at TEXT NOT NULL,
    key_id BLOB NOT NULL CHECK (length(key_id) = 8),
    code BLOB NOT NULL CHECK (length(code) = 32)
) STRICT;
