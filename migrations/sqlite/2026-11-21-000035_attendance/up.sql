-- The same rows are unique as before, but by keys that also find what somebody attends.
ALTER TABLE attendees RENAME TO old_attendees;

CREATE TABLE attendees (
    account_id INTEGER NOT NULL,
    session_guid BLOB NOT NULL CHECK (length(session_guid) = 16),
    guid BLOB NOT NULL CHECK (length(guid) = 16),
    user_guid BLOB CHECK (length(user_guid) = 16),
    attendance_code TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    surname TEXT NOT NULL,
    surname_key TEXT NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('a', 'e', 'u', 'e+', 'e-')),
    mobile TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (account_id, session_guid, guid),
    UNIQUE (account_id, attendance_code),
    UNIQUE (account_id, email_key, session_guid),
    UNIQUE (account_id, user_guid, session_guid)
) STRICT;

INSERT INTO attendees (
    account_id, session_guid, guid, user_guid, attendance_code, name, name_key, surname, surname_key, email, email_key, role,
    mobile, created_at, updated_at
)
SELECT
    account_id, session_guid, guid, user_guid, attendance_code, name, name_key, surname, surname_key, email, email_key, role,
    mobile, created_at, updated_at
FROM old_attendees;

DROP TABLE old_attendees;

CREATE INDEX sessions_by_creator ON sessions (account_id, created_by, guid);

CREATE INDEX sessions_open ON sessions (account_id, start_at, guid) WHERE status BETWEEN 0 AND 2;
