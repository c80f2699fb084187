ALTER TABLE principals ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
ALTER TABLE principals ADD COLUMN surname_key TEXT NOT NULL DEFAULT '';
ALTER TABLE principals ADD COLUMN classroom_role TEXT NOT NULL DEFAULT 'u' CHECK (classroom_role IN ('a', 'e', 'u', 'e+', 'e-'));
ALTER TABLE principals ADD COLUMN mobile TEXT;
ALTER TABLE principals ADD COLUMN login_allowed INTEGER NOT NULL DEFAULT 1 CHECK (login_allowed IN (0, 1));
ALTER TABLE principals ADD COLUMN lang TEXT;
ALTER TABLE principals ADD COLUMN timezone TEXT;
ALTER TABLE principals ADD COLUMN expires_at TEXT;

UPDATE principals SET name_key = lower(name), surname_key = lower(surname);

CREATE TABLE passwords (
    account_id INTEGER NOT NULL,
    principal_id INTEGER NOT NULL,
    hash TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    PRIMARY KEY (account_id, principal_id),
    FOREIGN KEY (account_id, principal_id) REFERENCES principals (account_id, id)
) STRICT;

CREATE INDEX credentials_by_principal ON credentials (account_id, principal_id);
