ALTER TABLE courses DROP COLUMN suspended_from;
