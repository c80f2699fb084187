CREATE TABLE accounts (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    lang TEXT NOT NULL,
    timezone TEXT NOT NULL,
    start_date_mode TEXT NOT NULL CHECK (start_date_mode IN ('civil', 'instant')),
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE principals (
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    id INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('user', 'service')),
    role TEXT NOT NULL CHECK (role IN ('admin', 'member')),
    guid BLOB NOT NULL CHECK (length(guid) = 16),
    username TEXT,
    username_key TEXT,
    email TEXT,
    email_key TEXT,
    name TEXT NOT NULL,
    surname TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'passive', 'deleted')),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, guid),
    UNIQUE (account_id, username_key),
    UNIQUE (account_id, email_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE credentials (
    account_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    principal_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    public_id TEXT NOT NULL,
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    scopes TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT,
    revoked_at TEXT,
    UNIQUE (account_id, id),
    UNIQUE (kind, public_id),
    FOREIGN KEY (account_id, principal_id) REFERENCES principals (account_id, id)
) STRICT;
