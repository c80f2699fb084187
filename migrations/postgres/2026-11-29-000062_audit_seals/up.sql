-- Records of other events than erasures have neither a job nor a data subject. `object_id` is the object of a change.
ALTER TABLE audit_records
    ALTER COLUMN job_id DROP NOT NULL,
    ALTER COLUMN subject DROP NOT NULL,
    ADD COLUMN object_id bigint,
    ADD COLUMN sealed boolean NOT NULL DEFAULT false;

CREATE INDEX audit_records_unsealed ON audit_records (account_id, id) WHERE NOT sealed;

-- The chain of seals of each account. Only a worker with the key of the seals writes here.
CREATE TABLE audit_seals (
    account_id bigint NOT NULL,
    seq bigint NOT NULL CONSTRAINT audit_seals_seq_range CHECK (seq > 0),
    record_id bigint NOT NULL,
    key_id bytea NOT NULL CONSTRAINT audit_seals_key_id_length CHECK (octet_length(key_id) = 8),
    seal bytea NOT NULL CONSTRAINT audit_seals_seal_length CHECK (octet_length(seal) = 32),
    PRIMARY KEY (account_id, seq),
    CONSTRAINT audit_seals_record_key UNIQUE (account_id, record_id)
);

-- The last seal that was pruned in each account, under a code of its own.
CREATE TABLE audit_checkpoints (
    account_id bigint PRIMARY KEY,
    seq bigint NOT NULL CONSTRAINT audit_checkpoints_seq_range CHECK (seq > 0),
    seal bytea NOT NULL CONSTRAINT audit_checkpoints_seal_length CHECK (octet_length(seal) = 32),
    at timestamptz NOT NULL,
    key_id bytea NOT NULL CONSTRAINT audit_checkpoints_key_id_length CHECK (octet_length(key_id) = 8),
    code bytea NOT NULL CONSTRAINT audit_checkpoints_code_length CHECK (octet_length(code) = 32)
);
