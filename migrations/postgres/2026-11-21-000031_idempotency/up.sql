-- What was answered to a request that may come again. A row is written in the transaction of the effects that it tells of,
-- so that there is never one without the other.
CREATE TABLE idempotency_keys (
    account_id bigint NOT NULL,
    principal_id bigint NOT NULL,
    idempotency_key text NOT NULL,
    request_digest bytea NOT NULL CONSTRAINT idempotency_keys_digest_length CHECK (octet_length(request_digest) = 32),
    answer_status smallint NOT NULL,
    answer_body bytea NOT NULL,
    kept_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, principal_id, idempotency_key)
);

-- Keys are forgotten by their age.
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (account_id, kept_at);
