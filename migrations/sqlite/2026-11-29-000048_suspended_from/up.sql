-- The state that a suspended course goes back to. Null for every other course, and for those that were suspended before this
-- column was there.
ALTER TABLE courses ADD COLUMN suspended_from INTEGER CHECK (suspended_from BETWEEN 1 AND 4);
