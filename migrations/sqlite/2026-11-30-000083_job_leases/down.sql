ALTER TABLE jobs DROP COLUMN completed;
