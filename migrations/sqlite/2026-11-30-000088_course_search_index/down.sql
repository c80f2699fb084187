DROP INDEX courses_by_creation;
CREATE INDEX courses_by_creation ON courses (account_id, state, created_at, id);
