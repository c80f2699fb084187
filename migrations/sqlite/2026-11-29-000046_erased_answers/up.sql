-- Of an answer that was erased with somebody's data only this is left: that the request was done. Its key is a digest then, since
-- clients make keys of names; the answer and the digest of the request are empty.
ALTER TABLE idempotency_keys ADD COLUMN erased INTEGER NOT NULL DEFAULT 0 CHECK (erased IN (0, 1));
