-- The id of the access key whose log-in got the token. Null for keys, for tokens that were issued or got with a password, and for
-- tokens that a program without this column stored. No reference: an erasure removes credentials in any order, and ids are not reused.
ALTER TABLE credentials ADD COLUMN access_key_id bigint;
