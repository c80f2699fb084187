-- Programs of an account that prove themselves by signatures. Each acts as a principal of its own, and for the people that
-- `service_account_people` lists, or for all people of the account.
CREATE TABLE service_accounts (
    account_id INTEGER NOT NULL,
    principal_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    delegation TEXT NOT NULL CHECK (delegation IN ('people', 'everyone')),
    created_at TEXT NOT NULL,
    PRIMARY KEY (account_id, principal_id),
    UNIQUE (account_id, name),
    FOREIGN KEY (account_id, principal_id) REFERENCES principals (account_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE service_account_people (
    account_id INTEGER NOT NULL,
    principal_id INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    PRIMARY KEY (account_id, principal_id, person_id),
    FOREIGN KEY (account_id, principal_id) REFERENCES service_accounts (account_id, principal_id),
    FOREIGN KEY (account_id, person_id) REFERENCES principals (account_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX service_account_people_person ON service_account_people (account_id, person_id);

-- Proofs that are exchanged for access tokens: keys of service accounts, of which the public half is stored, and refresh tokens with
-- the clients that hold them, of which digests are.
CREATE TABLE token_grants (
    account_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    principal_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    public_id TEXT NOT NULL,
    algorithm TEXT,
    public_key BLOB,
    client_digest BLOB CHECK (length(client_digest) = 32),
    token_digest BLOB CHECK (length(token_digest) = 32),
    scopes TEXT NOT NULL,
    project_id INTEGER,
    created_at TEXT NOT NULL,
    expires_at TEXT,
    revoked_at TEXT,
    last_used_on TEXT,
    UNIQUE (account_id, id),
    UNIQUE (account_id, kind, public_id),
    FOREIGN KEY (account_id, principal_id) REFERENCES principals (account_id, id)
) STRICT;

CREATE INDEX token_grants_principal ON token_grants (account_id, principal_id, id);

-- The grant for which an access token was issued, and the access token that was exchanged for it. The token ends together with either.
ALTER TABLE credentials ADD COLUMN grant_id INTEGER;
ALTER TABLE credentials ADD COLUMN exchanged_from INTEGER;

CREATE INDEX credentials_grant ON credentials (account_id, grant_id) WHERE grant_id IS NOT NULL;
CREATE INDEX credentials_exchanged ON credentials (account_id, exchanged_from) WHERE exchanged_from IS NOT NULL;
CREATE INDEX credentials_expiry ON credentials (account_id, expires_at) WHERE expires_at IS NOT NULL;
