ALTER TABLE principals
    ADD COLUMN name_key text NOT NULL DEFAULT '',
    ADD COLUMN surname_key text NOT NULL DEFAULT '',
    ADD COLUMN classroom_role text NOT NULL DEFAULT 'u' CONSTRAINT principals_classroom_role_known CHECK (classroom_role IN ('a', 'e', 'u', 'e+', 'e-')),
    ADD COLUMN mobile text,
    ADD COLUMN login_allowed boolean NOT NULL DEFAULT true,
    ADD COLUMN lang text,
    ADD COLUMN timezone text,
    ADD COLUMN expires_at timestamptz;

UPDATE principals SET name_key = lower(name), surname_key = lower(surname);

-- Hashes that describe themselves ($argon2id$…). A password never opens anything by itself: it is exchanged for a token.
CREATE TABLE passwords (
    account_id bigint NOT NULL,
    principal_id bigint NOT NULL,
    hash text NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, principal_id),
    FOREIGN KEY (account_id, principal_id) REFERENCES principals (account_id, id)
);

-- What a user's credentials are revoked by.
CREATE INDEX credentials_by_principal ON credentials (account_id, principal_id);
