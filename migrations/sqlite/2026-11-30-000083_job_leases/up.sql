-- True for a job whose work is done, as far as a program said so that knows the column. Only an index of PostgreSQL needs it: SQLite finds
-- jobs by their status, and rewrites the entries of a row alone that change.
ALTER TABLE jobs ADD COLUMN completed INTEGER;
