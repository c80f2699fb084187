ALTER TABLE credentials DROP COLUMN access_key_id;
