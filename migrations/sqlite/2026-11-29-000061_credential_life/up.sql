-- The instant since which no credential of the account is accepted. Null for an account that is in use.
ALTER TABLE accounts ADD COLUMN disabled_at TEXT;

-- The last day, in UTC, on which the credential was accepted. A day is enough to find the ones that are not in use, and costs one
-- write a day.
ALTER TABLE credentials ADD COLUMN last_used_on TEXT;

-- The people who run the installation. They belong to no account. Passwords are stored as the hashes of `passwords` are.
CREATE TABLE admins (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('viewer', 'operator')),
    password_hash TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
