-- The sign-ins of admins, by the digests of their tokens. They go with their admin.
CREATE TABLE admin_sign_ins (
    digest BLOB NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    admin_id INTEGER NOT NULL,
    expires_at TEXT NOT NULL,
    FOREIGN KEY (admin_id) REFERENCES admins (id) ON DELETE CASCADE
) STRICT;

CREATE INDEX admin_sign_ins_by_admin ON admin_sign_ins (admin_id);
CREATE INDEX admin_sign_ins_by_end ON admin_sign_ins (expires_at);
