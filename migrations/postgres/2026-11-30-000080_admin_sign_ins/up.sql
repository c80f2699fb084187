-- The sign-ins of admins, by the digests of their tokens. They go with their admin.
CREATE TABLE admin_sign_ins (
    digest bytea PRIMARY KEY CONSTRAINT admin_sign_ins_digest_length CHECK (octet_length(digest) = 32),
    admin_id bigint NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT admin_sign_ins_of_admin FOREIGN KEY (admin_id) REFERENCES admins (id) ON DELETE CASCADE
);

CREATE INDEX admin_sign_ins_by_admin ON admin_sign_ins (admin_id);
CREATE INDEX admin_sign_ins_by_end ON admin_sign_ins (expires_at);
