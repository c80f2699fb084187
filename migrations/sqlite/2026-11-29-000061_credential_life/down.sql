DROP TABLE admins;
ALTER TABLE credentials DROP COLUMN last_used_on;
ALTER TABLE accounts DROP COLUMN disabled_at;
