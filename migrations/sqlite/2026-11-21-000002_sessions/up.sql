CREATE TABLE sessions (
    account_id INTEGER NOT NULL,
    guid BLOB NOT NULL CHECK (length(guid) = 16),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    description TEXT,
    description_key TEXT,
    tags TEXT,
    tags_key TEXT,
    start_at TEXT NOT NULL,
    start_civil TEXT NOT NULL,
    timezone TEXT NOT NULL,
    duration_minutes INTEGER NOT NULL CHECK (duration_minutes BETWEEN 5 AND 360),
    lang TEXT NOT NULL,
    status INTEGER NOT NULL CHECK (status BETWEEN -1 AND 3),
    replay_status INTEGER NOT NULL CHECK (replay_status BETWEEN 0 AND 3),
    options TEXT NOT NULL CHECK (json_valid(options)),
    allow_recording INTEGER NOT NULL CHECK (allow_recording IN (0, 1)),
    inaccessible_replay INTEGER NOT NULL CHECK (inaccessible_replay IN (0, 1)),
    created_by INTEGER NOT NULL,
    updated_by INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (account_id, guid)
) STRICT;

CREATE INDEX sessions_by_start ON sessions (account_id, start_at, guid) WHERE status >= 0;
