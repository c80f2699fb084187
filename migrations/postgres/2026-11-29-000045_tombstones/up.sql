-- What a deleted person went by last, as digests under a key of the installation: an erasure that is asked for by that name or
-- address finds what is left of the person, and nobody can read either. Both go with the erasure.
ALTER TABLE principals
    ADD COLUMN former_username bytea CONSTRAINT principals_former_username_length CHECK (octet_length(former_username) = 32),
    ADD COLUMN former_email bytea CONSTRAINT principals_former_email_length CHECK (octet_length(former_email) = 32);

CREATE INDEX principals_by_former_username ON principals (account_id, former_username, id) WHERE former_username IS NOT NULL;
CREATE INDEX principals_by_former_email ON principals (account_id, former_email, id) WHERE former_email IS NOT NULL;

-- 244 random bits.
INSERT INTO service_keys (name, key)
VALUES ('tombstones', decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));
