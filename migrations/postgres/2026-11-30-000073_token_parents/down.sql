ALTER TABLE credentials DROP COLUMN parent_id;
