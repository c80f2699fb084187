CREATE TABLE idempotency_keys (
    account_id INTEGER NOT NULL,
    principal_id INTEGER NOT NULL,
    idempotency_key TEXT NOT NULL,
    request_digest BLOB NOT NULL CHECK (length(request_digest) = 32),
    answer_status INTEGER NOT NULL,
    answer_body BLOB NOT NULL,
    kept_at TEXT NOT NULL,
    PRIMARY KEY (account_id, principal_id, idempotency_key)
) STRICT;

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (account_id, kept_at);
